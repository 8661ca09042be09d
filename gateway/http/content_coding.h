#pragma once

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

// gzip of answers (RFC 9110, 8.4 and 12.5.3).
namespace edudelta::gateway::http {

// What a client says that it takes.
enum class Accepted {
  kPlain,
  // Rather than plain.
  kGzip,
  // And nothing else.
  kOnlyGzip,
};
// Of an Accept-Encoding, empty without one. Who takes neither gets the plain form.
Accepted ReadAcceptEncoding(absl::string_view header);

// Not thread-safe.
class Gzip {
 public:
  virtual ~Gzip() = default;
  static std::unique_ptr<Gzip> Make();

  // All of `bytes`, so that the receiver can read them now.
  virtual std::string Piece(absl::string_view bytes) = 0;
  // `bytes` and the end.
  virtual std::string Last(absl::string_view bytes) = 0;
};

}  // namespace edudelta::gateway::http
