#include "planning/api/definition.h"

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
#include "planning/api/gauges.h"
#include "planning/api/rules.h"

namespace edudelta::planning {

const std::vector<db::Migration>& Migrations();

namespace api {

service::Definition MakeDefinition() {
  service::Definition definition;
  definition.name = "planning";
  definition.rules = {
      {v1::School::descriptor(), SchoolRules},           {v1::GradeEnrollment::descriptor(), GradeEnrollmentRules},
      {v1::WorkPlan::descriptor(), WorkPlanRules},       {v1::PlanSection::descriptor(), PlanSectionRules},
      {v1::PlanTask::descriptor(), PlanTaskRules},       {v1::PlanTarget::descriptor(), PlanTargetRules},
      {v1::PlanProject::descriptor(), PlanProjectRules}, {v1::ReportDuty::descriptor(), ReportDutyRules},
      {v1::Measurement::descriptor(), MeasurementRules}, {v1::IndicatorSet::descriptor(), IndicatorSetRules},
  };
  definition.gauges = Gauges();
  definition.migrations = Migrations();
  definition.serve = ServeCustom;
  return definition;
}

}  // namespace api
}  // namespace edudelta::planning
