#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace edudelta::gateway::cli {

struct HttpRequest {
  std::string method = "GET";
  // With the query: "/v1/districts/310114/schools?page_size=50".
  std::string path;
  // "Name: value".
  std::vector<std::string> headers{};
  std::string body{};
  // The body in pieces when set: fills the buffer, returns how much; 0 at the end. `upload_size` bytes in all.
  std::function<size_t(char* buffer, size_t size)> upload{};
  int64_t upload_size = 0;
  // Takes the body of a 2xx answer as it comes, instead of HttpResponse::body. False ends the transfer.
  std::function<bool(absl::string_view piece)> sink{};
  // For bodies that take their time: no limit on the whole, only on silence.
  bool patient = false;
};

struct HttpResponse {
  int status = 0;
  // Names in lower case.
  std::map<std::string, std::string> headers;
  std::string body;

  bool ok() const { return status >= 200 && status < 300; }
};

// One server over libcurl, with its connection kept. One thread.
class Http {
 public:
  // `server`: "https://127.0.0.1:8443"; plain http on loopback only. `ca`: a file of certificates, empty for the
  // system's.
  static absl::StatusOr<std::unique_ptr<Http>> Make(absl::string_view server, absl::string_view ca,
                                                    absl::Duration timeout);
  virtual ~Http() = default;

  // Fails with Exit::kUnreachable when there is no answer; an answer of any status is one.
  virtual absl::StatusOr<HttpResponse> Send(const HttpRequest& request) = 0;
};

}  // namespace edudelta::gateway::cli
