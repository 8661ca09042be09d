#pragma once

#include "common/resource/rules.h"

namespace edudelta::service {
class Runtime;
}

namespace edudelta::teachers::api {

resource::Rules TeacherRules(service::Runtime& runtime);
resource::Rules StaffingQuotaRules(service::Runtime& runtime);

}  // namespace edudelta::teachers::api
