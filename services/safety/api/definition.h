#pragma once

#include "common/service/runtime.h"

namespace edudelta::safety::api {

// The service as common/service runs it.
service::Definition MakeDefinition();

}  // namespace edudelta::safety::api
