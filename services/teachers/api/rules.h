#pragma once

#include <vector>

#include "common/resource/backfill.h"
#include "common/resource/rules.h"

namespace edudelta::service {
class Runtime;
}

// The rules of each resource that its annotations cannot say. Each is called once at start; `runtime` outlives them.
namespace edudelta::teachers::api {

resource::Rules TeacherRules(service::Runtime& runtime);
resource::Rules StaffingQuotaRules(service::Runtime& runtime);

// Numbers of residence permits were taken as those of residents once.
std::vector<resource::Backfill> IdentityKinds();

}  // namespace edudelta::teachers::api
