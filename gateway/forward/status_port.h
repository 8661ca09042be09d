#pragma once

#include "common/metrics/registry.h"
#include "gateway/forward/gateway.h"
#include "gateway/http/server.h"

namespace edudelta::gateway::forward {

// What watches the gateway asks on a port of its own, so that an edge whose connections are all taken looks full, not
// dead:
//   GET /metrics  GET /healthz  GET /readyz  GET /status, the latter as on the edge
// `gateway` and `registry` outlive it.
http::Handler StatusHandler(const Gateway& gateway, const metrics::Registry& registry);

}  // namespace edudelta::gateway::forward
