#pragma once

#include "common/service/runtime.h"

namespace edudelta::facilities::api {

// The service as common/service runs it.
service::Definition MakeDefinition();

}  // namespace edudelta::facilities::api
