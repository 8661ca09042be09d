#include "planning/api/definition.h"

#include "edudelta/planning/v1/planning.pb.h"
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
  definition.migrations = Migrations();
  definition.peers = {"teachers", "facilities"};
  definition.serve = ServeCustom;
  return definition;
}

}  // namespace api
}  // namespace edudelta::planning
