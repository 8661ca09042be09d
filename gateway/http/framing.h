#pragma once

#include <cstddef>
#include <optional>

#include "absl/strings/string_view.h"
#include "gateway/http/message.h"

// What RFC 9110 and 9112 ask of a request's head beyond its grammar, so that nobody between the client and us can see
// another request in the same bytes. Pure.
namespace edudelta::gateway::http {

inline constexpr Refusal kMalformed = {400, "REQUEST_MALFORMED", "请求不是合法的 HTTP/1.1"};

// Finds the end of a head in bytes that come piece by piece; sees each byte once.
class HeadScanner {
 public:
  explicit HeadScanner(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  // `bytes` are all since the head's begin. True when it ends within them or must be refused.
  bool Find(absl::string_view bytes);
  // With its empty line.
  std::size_t end() const { return end_; }
  const std::optional<Refusal>& refusal() const { return refusal_; }

 private:
  bool Refuse(const Refusal& refusal);

  std::size_t most_bytes_;
  std::size_t line_ = 0;
  std::size_t seen_ = 0;
  int lines_ = 0;
  std::size_t end_ = 0;
  std::optional<Refusal> refusal_;
};

// Of a parsed head. `minor` is that of HTTP/1.x.
std::optional<Refusal> CheckHead(const Request& request, int minor);

// "https://host/v1/x?y" -> "/v1/x?y"; the origin form stays. Nothing when it is neither.
std::optional<absl::string_view> OriginForm(absl::string_view target);

}  // namespace edudelta::gateway::http
