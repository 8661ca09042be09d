#pragma once

#include "common/service/runtime.h"

namespace edudelta::teachers::api {

// The service as common/service runs it.
service::Definition MakeDefinition();

}  // namespace edudelta::teachers::api
