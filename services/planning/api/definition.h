#pragma once

#include "common/service/runtime.h"

namespace edudelta::planning::api {

// The service as common/service runs it.
service::Definition MakeDefinition();

}  // namespace edudelta::planning::api
