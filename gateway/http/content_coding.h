#pragma once

#include <memory>
#include <optional>
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

// Of an element of a list of what a client accepts, by what stands behind its first semicolon: "q=0.5" -> 0.5. 1
// without a weight; 0, not wanted, for one that cannot be read.
double WeightOf(absl::string_view parameters);

// Not thread-safe.
class Gzip {
 public:
  virtual ~Gzip() = default;
  // Null where there is no memory for it: then the plain form is sent.
  static std::unique_ptr<Gzip> Make();
  // The whole; nothing as above.
  static std::optional<std::string> Whole(absl::string_view bytes);

  // All of `bytes`, so that the receiver can read them now. Nothing when it fails, and all that was made is worthless.
  virtual std::optional<std::string> Piece(absl::string_view bytes) = 0;
  // `bytes` and the end.
  virtual std::optional<std::string> Last(absl::string_view bytes) = 0;
};

}  // namespace edudelta::gateway::http
