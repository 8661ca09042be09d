#pragma once

#include <vector>

#include "common/calendar/working_days.h"
#include "common/resource/backfill.h"
#include "common/resource/rules.h"

namespace edudelta::service {
class Runtime;
}

// The rules of each resource that its annotations cannot say. Each is called once at start; `runtime` outlives them.
namespace edudelta::safety::api {

resource::Rules PatrolRules(service::Runtime& runtime);
resource::Rules HazardRules(service::Runtime& runtime);
resource::Rules HazardTermRules(service::Runtime& runtime);

// Due dates that were provisional until there was the notice of a year, counted anew: one for each year of `days`.
std::vector<resource::Backfill> RecountsOfDueDates(const calendar::WorkingDays& days);

}  // namespace edudelta::safety::api
