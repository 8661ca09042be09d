#pragma once

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "common/resource/engine.h"
#include "common/rpc/described_service.h"

namespace edudelta::resource {

// Answers the standard methods and the declared steps of a service with the engines of their resources,
// "planning.School" and so on, which outlive `api`. Custom methods are left to others. A method about a resource
// without engine (null) gets no handler, which the service's Check tells.
void ServeStandard(rpc::DescribedService& api, absl::FunctionRef<Engine*(absl::string_view dataset)> engine_of);

}  // namespace edudelta::resource
