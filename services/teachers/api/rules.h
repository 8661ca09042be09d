#pragma once

#include "common/resource/rules.h"

namespace edudelta::service {
class Runtime;
}

// The rules of each resource that its annotations cannot say. Each is called once at start; `runtime` outlives them.
namespace edudelta::teachers::api {

resource::Rules TeacherRules(service::Runtime& runtime);
resource::Rules StaffingQuotaRules(service::Runtime& runtime);

}  // namespace edudelta::teachers::api
