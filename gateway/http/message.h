#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace edudelta::gateway::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;
  // As sent: path and query.
  std::string target;
  // Names in lower case.
  Headers headers;
  // The client's address without the port.
  std::string peer;
  // As which it is limited: of IPv6 its /64.
  std::string share;

  // The first of that (lower-case) name; empty when there is none.
  absl::string_view Header(absl::string_view name) const;
  absl::string_view path() const;
  // Without the question mark.
  absl::string_view query() const;
};

struct Response {
  int status = 200;
  // Content-Length, Connection and Date are the server's.
  Headers headers;
  std::string body;
  // In place of `body` what many are answered with: held once, however slowly they read.
  std::shared_ptr<const std::string> document = nullptr;
};

// Constants of the code.
struct Refusal {
  int status;
  absl::string_view reason;
  absl::string_view zh;
};

// google.rpc.Status in JSON with ErrorInfo and a Chinese text, for failures that are told before anything else is
// known.
Response PlainError(const Refusal& refusal);

// "Fri, 27 Nov 2026 08:00:00 GMT"
std::string HttpDate(absl::Time time);

// "HTTP/1.1 200 OK\r\n..." up to and with the empty line. Control characters in values become blanks.
std::string Head(int status, const Headers& headers);

// "a%20b+c" -> "a b c"; false on a bad escape.
bool DecodeForm(absl::string_view text, std::string* out);

}  // namespace edudelta::gateway::http
