#include "gateway/forward/status_port.h"

#include <optional>
#include <utility>

#include "gateway/forward/headers.h"

namespace edudelta::gateway::forward {
namespace {

constexpr http::Refusal kUnknown = {404, "ROUTE_UNKNOWN", "没有这个地址"};
constexpr http::Refusal kOtherMethod = {405, "METHOD_NOT_ALLOWED", "该地址不支持此 HTTP 方法"};

http::Response Answer(const http::Request& request, const Gateway& gateway, const metrics::Registry& registry) {
  const bool metrics = request.path() == "/metrics";
  std::optional<http::Response> probed = gateway.Probe(request.path());
  if (!metrics && !probed) return http::PlainError(kUnknown);
  if (request.method != "GET" && request.method != "HEAD") {
    http::Response refusal = http::PlainError(kOtherMethod);
    refusal.headers.emplace_back("Allow", "GET, HEAD");
    return refusal;
  }
  http::Response response =
      probed ? *std::move(probed) : http::Response{200, {{"Content-Type", metrics::kTextFormat}}, Render(registry)};
  response.headers.emplace_back("Cache-Control", "no-store");
  Encode(request, &response);
  return response;
}

}  // namespace

http::Handler StatusHandler(const Gateway& gateway, const metrics::Registry& registry) {
  return [&gateway, &registry](const std::shared_ptr<http::Exchange>& exchange) {
    exchange->Send(Answer(exchange->request(), gateway, registry));
  };
}

}  // namespace edudelta::gateway::forward
