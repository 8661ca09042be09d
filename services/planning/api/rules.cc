#include "planning/api/rules.h"

#include "common/base/error.h"
#include "common/base/status.h"
#include "common/resource/rules.h"
#include "common/service/runtime.h"
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
#include "planning/store/figures.h"

namespace edudelta::planning::api {
namespace {

using google::protobuf::Message;

template <typename T>
resource::Rules Checked() {
  resource::Rules rules;
  rules.check = resource::Checking<T>(&domain::Check);
  return rules;
}

const resource::Table& GradeEnrollments(service::Runtime& runtime) {
  return runtime.engine("planning.GradeEnrollment").table();
}

// What was measured stands when the plan is closed. Keeps the plan as it is until the transaction ends.
absl::Status CheckPlanOpen(service::Runtime& runtime, db::Tx& tx, const v1::Measurement& measurement) {
  const auto ids = describe::ParseName(runtime.engine("planning.PlanTarget").table().pattern(), measurement.target());
  // A target that is not there has been refused.
  if (!ids) return absl::OkStatus();
  const resource::Ids plan = {std::string((*ids)[0]), std::string((*ids)[1])};
  ASSIGN_OR_RETURN(const resource::Store::Standing standing,
                   runtime.engine("planning.WorkPlan").store().StandingOf(tx, {plan}));
  if (standing.closed.empty()) return absl::OkStatus();
  return Refused("WORK_PLAN_CLOSED", "计划已办结，不能再增改其指标的测量值");
}

}  // namespace

resource::Rules SchoolRules(service::Runtime& runtime) {
  resource::Rules rules = Checked<v1::School>();
  rules.On<v1::CloseSchoolRequest, v1::School, domain::CloseFacts>(
      [&runtime](const rpc::Call&, db::Tx& tx, const v1::School& old,
                 const v1::CloseSchoolRequest&) -> absl::StatusOr<domain::CloseFacts> {
        domain::CloseFacts facts;
        ASSIGN_OR_RETURN(facts.last_school_year, store::LastSchoolYear(tx, GradeEnrollments(runtime), old.name()));
        return facts;
      },
      [](const resource::StepContext& context, const v1::School& old, const v1::CloseSchoolRequest& request,
         const domain::CloseFacts& facts,
         v1::School*) { return domain::MayCloseSchool(old, request, facts, context.today, context.from_above); });
  rules.On<v1::ReopenSchoolRequest, v1::School>(
      [](const resource::StepContext&, const v1::School&, const v1::ReopenSchoolRequest&, v1::School* next) {
        next->clear_close_date();
        return absl::OkStatus();
      });
  return rules;
}

resource::Rules WorkPlanRules(service::Runtime&) { return Checked<v1::WorkPlan>(); }

resource::Rules MeasurementRules(service::Runtime& runtime) {
  resource::Rules rules = Checked<v1::Measurement>();
  rules.in_transaction = [&runtime](const rpc::Call&, db::Tx& tx, const Message*, Message* next) {
    return CheckPlanOpen(runtime, tx, static_cast<const v1::Measurement&>(*next));
  };
  rules.may_delete = [&runtime](db::Tx& tx, const Message& old) {
    return CheckPlanOpen(runtime, tx, static_cast<const v1::Measurement&>(old));
  };
  return rules;
}

resource::Rules GradeEnrollmentRules(service::Runtime&) { return Checked<v1::GradeEnrollment>(); }
resource::Rules PlanSectionRules(service::Runtime&) { return Checked<v1::PlanSection>(); }
resource::Rules PlanTaskRules(service::Runtime&) { return Checked<v1::PlanTask>(); }
resource::Rules PlanTargetRules(service::Runtime&) { return Checked<v1::PlanTarget>(); }
resource::Rules PlanProjectRules(service::Runtime&) { return Checked<v1::PlanProject>(); }
resource::Rules ReportDutyRules(service::Runtime&) { return Checked<v1::ReportDuty>(); }
resource::Rules IndicatorSetRules(service::Runtime&) { return Checked<v1::IndicatorSet>(); }

}  // namespace edudelta::planning::api
