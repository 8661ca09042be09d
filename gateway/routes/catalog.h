#pragma once

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"

namespace edudelta::gateway::routes {

// The data catalogue in JSON, from the annotations alone: the body of GET /catalog. Made once at start.
//
//   {"datasets": [{"dataset": "planning.School", "label": "学校", "service": "planning", "service_label": "规划",
//     "pattern": "districts/{district}/schools/{school}", "path": "/v1/districts/{district}/schools",
//     "share": "UNCONDITIONAL", "share_label": "无条件共享", "share_ground": "...",
//     "fields": [{"name", "label", "type", "level", "unit", "code_set", "format", "decimal", "reference", "values",
//                 "repeated", "required", "immutable", "output_only", "filterable", "max_length", "min", "max"}]}]}
//
// Members that do not apply are absent.
std::string MakeCatalog(const std::vector<const google::protobuf::ServiceDescriptor*>& services);

}  // namespace edudelta::gateway::routes
