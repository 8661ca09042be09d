#pragma once

#include "common/resource/rules.h"

namespace edudelta::service {
class Runtime;
}

// The rules of each resource that its annotations cannot say. Each is called once at start; `runtime` outlives them.
namespace edudelta::planning::api {

resource::Rules SchoolRules(service::Runtime& runtime);
resource::Rules GradeEnrollmentRules(service::Runtime& runtime);
resource::Rules WorkPlanRules(service::Runtime& runtime);
resource::Rules PlanSectionRules(service::Runtime& runtime);
resource::Rules PlanTaskRules(service::Runtime& runtime);
resource::Rules PlanTargetRules(service::Runtime& runtime);
resource::Rules PlanProjectRules(service::Runtime& runtime);
resource::Rules ReportDutyRules(service::Runtime& runtime);
resource::Rules MeasurementRules(service::Runtime& runtime);
resource::Rules IndicatorSetRules(service::Runtime& runtime);

}  // namespace edudelta::planning::api
