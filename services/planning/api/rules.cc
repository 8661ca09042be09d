#include "planning/api/rules.h"

#include <optional>
#include <set>

#include "absl/algorithm/container.h"
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

// The plan of a measurement's target; none of a target that is not there, which has been refused.
std::optional<resource::Ids> PlanOf(service::Runtime& runtime, const Message& measurement) {
  const auto ids = describe::ParseName(runtime.engine("planning.PlanTarget").table().pattern(),
                                       static_cast<const v1::Measurement&>(measurement).target());
  if (!ids) return std::nullopt;
  return resource::Ids{std::string((*ids)[0]), std::string((*ids)[1])};
}

// What was measured stands when the plan is closed. Keeps the plans as they are until the transaction ends.
absl::StatusOr<std::vector<absl::Status>> CheckPlansOpen(service::Runtime& runtime, db::Tx& tx,
                                                         const std::vector<const Message*>& measurements) {
  std::set<resource::Ids> plans;
  for (const Message* one : measurements) {
    if (auto plan = PlanOf(runtime, *one)) plans.insert(*std::move(plan));
  }
  ASSIGN_OR_RETURN(const resource::Store::Standing standing,
                   runtime.engine("planning.WorkPlan").store().StandingOf(tx, {plans.begin(), plans.end()}));
  std::vector<absl::Status> each;
  for (const Message* one : measurements) {
    const auto plan = PlanOf(runtime, *one);
    const bool closed = plan && absl::c_linear_search(standing.closed, *plan);
    each.push_back(closed ? Refused("WORK_PLAN_CLOSED", "计划已办结，不能再增改其指标的测量值") : absl::OkStatus());
  }
  return each;
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
  rules.check_elsewhere = [&runtime](db::Tx& tx, const std::vector<const Message*>& rows) {
    return CheckPlansOpen(runtime, tx, rows);
  };
  rules.may_delete = [&runtime](db::Tx& tx, const Message& old) -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<absl::Status> each, CheckPlansOpen(runtime, tx, {&old}));
    return each.front();
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
