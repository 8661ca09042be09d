#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gateway/http/message.h"

// What browsers are told about scripts of other origins (the CORS protocol of the Fetch standard). Pure.
namespace edudelta::gateway::http {

struct CorsOptions {
  // Whose scripts may ask and read: "https://console.example.cn", as browsers send it. None: nobody's.
  std::vector<std::string> origins;
  // What they may use, beyond what every script may.
  std::vector<std::string> methods;
  std::vector<std::string> request_headers;
  std::vector<std::string> response_headers;
};

// INVALID_ARGUMENT for what is no single origin, as "*" is.
absl::Status CheckOrigins(const CorsOptions& options);

// What every answer to `request` carries, refusals too. Never credentials: callers are known by their tokens alone,
// which scripts add themselves.
Headers CorsHeaders(const CorsOptions& options, const Request& request);

}  // namespace edudelta::gateway::http
