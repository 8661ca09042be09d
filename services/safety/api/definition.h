#pragma once

#include "common/service/runtime.h"

namespace edudelta::safety::api {

// The service as common/service runs it.
service::Definition MakeDefinition();

// Registers the custom methods, which no engine answers. `runtime` outlives `api`.
void ServeCustom(service::Runtime& runtime, rpc::DescribedService& api);

}  // namespace edudelta::safety::api
