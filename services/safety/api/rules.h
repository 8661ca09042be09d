#pragma once

#include "common/resource/rules.h"

namespace edudelta::service {
class Runtime;
}

namespace edudelta::safety::api {

resource::Rules PatrolRules(service::Runtime& runtime);
resource::Rules HazardRules(service::Runtime& runtime);

}  // namespace edudelta::safety::api
