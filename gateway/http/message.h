#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

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

  // The first of that (lower-case) name; empty when there is none.
  absl::string_view Header(absl::string_view name) const;
  absl::string_view path() const;
  // Without the question mark.
  absl::string_view query() const;
};

struct Response {
  int status = 200;
  // Content-Length and Connection are the server's.
  Headers headers;
  std::string body;
};

// google.rpc.Status in JSON with ErrorInfo and a Chinese text, for failures that are told before anything else is
// known. `reason` and `zh` are constants of the code: they are not escaped.
Response PlainError(int http_status, absl::StatusCode code, absl::string_view reason, absl::string_view zh);

// "HTTP/1.1 200 OK\r\n..." up to and with the empty line. Control characters in values become blanks.
std::string Head(int status, const Headers& headers);

// "a%20b+c" -> "a b c"; false on a bad escape.
bool DecodeForm(absl::string_view text, std::string* out);

}  // namespace edudelta::gateway::http
