#pragma once

#include <string>

#include "gateway/routes/route_table.h"

namespace edudelta::gateway::routes {

struct OpenApiOptions {
  std::string title = "edudelta";
  std::string version = "1";
};

// The OpenAPI 3.1 document of all routes, in JSON: the body of GET /openapi.json. Made once at start.
std::string MakeOpenApi(const RouteTable& table, const OpenApiOptions& options);

}  // namespace edudelta::gateway::routes
