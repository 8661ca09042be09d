#include "planning/api/rules.h"

#include "common/resource/rules.h"
#include "edudelta/planning/v1/grade_enrollment.pb.h"
#include "edudelta/planning/v1/indicator_set.pb.h"
#include "edudelta/planning/v1/measurement.pb.h"
#include "edudelta/planning/v1/plan_project.pb.h"
#include "edudelta/planning/v1/plan_section.pb.h"
#include "edudelta/planning/v1/plan_target.pb.h"
#include "edudelta/planning/v1/plan_task.pb.h"
#include "edudelta/planning/v1/report_duty.pb.h"
#include "edudelta/planning/v1/school.pb.h"
#include "edudelta/planning/v1/work_plan.pb.h"
#include "planning/domain/rules.h"

namespace edudelta::planning::api {
namespace {

template <typename T>
resource::Rules Checked() {
  resource::Rules rules;
  rules.check = resource::Checking<T>(&domain::Check);
  return rules;
}

}  // namespace

resource::Rules SchoolRules(service::Runtime&) {
  resource::Rules rules = Checked<v1::School>();
  rules.may_change = resource::Changing<v1::School>(&domain::MayChange);
  rules.On<v1::CloseSchoolRequest, v1::School>(
      [](const resource::StepContext& context, const v1::School& old, const v1::CloseSchoolRequest& request,
         v1::School*) { return domain::MayCloseSchool(old, request, context.today); });
  return rules;
}

resource::Rules WorkPlanRules(service::Runtime&) {
  resource::Rules rules = Checked<v1::WorkPlan>();
  rules.may_change = resource::Changing<v1::WorkPlan>(&domain::MayChange);
  rules.may_delete = resource::Deleting<v1::WorkPlan>(&domain::MayDelete);
  return rules;
}

resource::Rules GradeEnrollmentRules(service::Runtime&) { return Checked<v1::GradeEnrollment>(); }
resource::Rules PlanSectionRules(service::Runtime&) { return Checked<v1::PlanSection>(); }
resource::Rules PlanTaskRules(service::Runtime&) { return Checked<v1::PlanTask>(); }
resource::Rules PlanTargetRules(service::Runtime&) { return Checked<v1::PlanTarget>(); }
resource::Rules PlanProjectRules(service::Runtime&) { return Checked<v1::PlanProject>(); }
resource::Rules ReportDutyRules(service::Runtime&) { return Checked<v1::ReportDuty>(); }
resource::Rules MeasurementRules(service::Runtime&) { return Checked<v1::Measurement>(); }
resource::Rules IndicatorSetRules(service::Runtime&) { return Checked<v1::IndicatorSet>(); }

}  // namespace edudelta::planning::api
