#pragma once

#include "common/resource/engine.h"
#include "common/rpc/described_service.h"

namespace edudelta::resource {

// Answers the standard methods and the declared steps of a service with the engines of their resources. Custom methods
// are left to others. A method about a resource without engine gets no handler, which the service's Check tells.
// `context` outlives `api`.
void ServeStandard(rpc::DescribedService& api, const Context& context);

}  // namespace edudelta::resource
