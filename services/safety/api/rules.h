#pragma once

#include "common/resource/rules.h"

namespace edudelta::service {
class Runtime;
}

// The rules of each resource that its annotations cannot say. Each is called once at start; `runtime` outlives them.
namespace edudelta::safety::api {

resource::Rules PatrolRules(service::Runtime& runtime);
resource::Rules HazardRules(service::Runtime& runtime);

}  // namespace edudelta::safety::api
