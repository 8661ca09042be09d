#include "gateway/http/cors.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace edudelta::gateway::http {
namespace {

// How long a browser need not ask again.
constexpr char kMaxAgeSeconds[] = "600";

// scheme "://" host [":" port] in lower case, the default port left out.
bool IsOrigin(absl::string_view origin) {
  const bool tls = absl::ConsumePrefix(&origin, "https://");
  if (!tls && !absl::ConsumePrefix(&origin, "http://")) return false;
  const auto bracket = origin.rfind(']');
  const auto colon = origin.rfind(':');
  if (colon != absl::string_view::npos && (bracket == absl::string_view::npos || colon > bracket)) {
    const absl::string_view port = origin.substr(colon + 1);
    if (port.empty() || port.size() > 5 || !absl::c_all_of(port, absl::ascii_isdigit) || port.front() == '0' ||
        port == (tls ? "443" : "80")) {
      return false;
    }
    origin = origin.substr(0, colon);
  }
  const bool literal = absl::ConsumePrefix(&origin, "[");
  if (literal && !absl::ConsumeSuffix(&origin, "]")) return false;
  return !origin.empty() && absl::c_all_of(origin, [literal](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '.' || (literal && c == ':');
  });
}

}  // namespace

absl::Status CheckOrigins(const CorsOptions& options) {
  for (const std::string& origin : options.origins) {
    if (IsOrigin(origin)) continue;
    return absl::InvalidArgumentError(absl::StrCat("not an origin, as in https://console.example.cn: ", origin));
  }
  return absl::OkStatus();
}

Headers CorsHeaders(const CorsOptions& options, const Request& request) {
  if (options.origins.empty()) return {};
  Headers headers = {{"Vary", "Origin"}};
  const std::string origin(request.Header("origin"));
  if (!absl::c_linear_search(options.origins, origin)) return headers;
  headers.emplace_back("Access-Control-Allow-Origin", origin);
  if (request.method != "OPTIONS" || request.Header("access-control-request-method").empty()) {
    headers.emplace_back("Access-Control-Expose-Headers", absl::StrJoin(options.response_headers, ", "));
    return headers;
  }
  headers.emplace_back("Access-Control-Allow-Methods", absl::StrJoin(options.methods, ", "));
  headers.emplace_back("Access-Control-Allow-Headers", absl::StrJoin(options.request_headers, ", "));
  headers.emplace_back("Access-Control-Max-Age", kMaxAgeSeconds);
  return headers;
}

}  // namespace edudelta::gateway::http
