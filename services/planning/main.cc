#include "common/service/runtime.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "planning/api/api.h"
#include "planning/api/rules.h"

namespace edudelta::planning {
const std::vector<db::Migration>& Migrations();
}  // namespace edudelta::planning

int main(int argc, char** argv) {
  using namespace edudelta::planning;  // NOLINT(build/namespaces): the wiring of one service
  edudelta::service::Definition definition;
  definition.name = "planning";
  definition.api = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName("edudelta.planning.v1.PlanningService");
  definition.resources = {
      {v1::District::descriptor()},
      {v1::School::descriptor(), api::SchoolRules},
      {v1::GradeEnrollment::descriptor(), api::GradeEnrollmentRules},
      {v1::WorkPlan::descriptor(), api::WorkPlanRules},
      {v1::PlanSection::descriptor(), api::PlanSectionRules},
      {v1::PlanTask::descriptor(), api::PlanTaskRules},
      {v1::PlanTarget::descriptor(), api::PlanTargetRules},
      {v1::PlanProject::descriptor(), api::PlanProjectRules},
      {v1::ReportDuty::descriptor(), api::ReportDutyRules},
      {v1::Measurement::descriptor(), api::MeasurementRules},
      {v1::IndicatorSet::descriptor(), api::IndicatorSetRules},
      {v1::BalanceReport::descriptor()},
      {v1::SchoolFinding::descriptor()},
  };
  definition.migrations = Migrations();
  definition.follows_schools = false;
  definition.peers = {"teachers", "facilities"};
  definition.serve = [](edudelta::service::Runtime& runtime) {
    std::vector<std::unique_ptr<grpc::Service>> services;
    services.push_back(std::make_unique<api::PlanningApi>(runtime));
    return services;
  };
  return edudelta::service::Run(argc, argv, definition);
}
