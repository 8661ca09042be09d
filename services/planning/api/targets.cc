#include "planning/api/targets.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/calendar/days.h"
#include "common/service/runtime.h"
#include "edudelta/planning/v1/measurement.pb.h"
#include "edudelta/planning/v1/plan_target.pb.h"
#include "planning/domain/targets.h"
#include "planning/store/figures.h"

namespace edudelta::planning::api {
namespace {

// The latest measurement per target that is not after `as_of`.
std::map<std::string, v1::Measurement> Latest(const std::vector<v1::Measurement>& measurements, absl::CivilDay as_of) {
  std::map<std::string, v1::Measurement> latest;
  auto day = [](const v1::Measurement& one) { return *calendar::FromProto(one.measure_date()); };
  for (const v1::Measurement& one : measurements) {
    if (day(one) > as_of) continue;
    auto [it, inserted] = latest.try_emplace(one.target(), one);
    if (!inserted && day(one) >= day(it->second)) it->second = one;
  }
  return latest;
}

}  // namespace

absl::Status Targets::Evaluate(const rpc::Call& call, const v1::EvaluateTargetsRequest& request,
                               v1::EvaluateTargetsResponse* response) {
  RETURN_IF_ERROR(service::Authorize(call, request.name()));
  absl::CivilDay as_of = calendar::Today(runtime_.clock());
  if (request.has_as_of()) {
    const auto day = calendar::FromProto(request.as_of());
    if (!day) return Invalid("as_of", "DATE_INVALID", "日期不存在");
    as_of = *day;
  }
  ASSIGN_OR_RETURN(resource::Row plan_row, runtime_.engine("planning.WorkPlan").reader().Load(call, request.name()));
  const auto& plan = static_cast<const v1::WorkPlan&>(*plan_row.message);
  const auto ids = describe::ParseName(runtime_.engine("planning.WorkPlan").table().pattern(), request.name());
  const std::string district((*ids)[0]);
  std::vector<v1::PlanTarget> targets;
  std::vector<v1::Measurement> measurements;
  RETURN_IF_ERROR(runtime_.pool().Read(call.deadline, [&](db::Session& session) -> absl::Status {
    resource::Where where;
    where.And("`district_id` = ? AND `work_plan_id` = ?", {district, std::string((*ids)[1])});
    ASSIGN_OR_RETURN(targets,
                     store::ReadAll<v1::PlanTarget>(session, runtime_.engine("planning.PlanTarget").store(), where));
    resource::Where of_plan;
    // A range over the index, not LIKE: an id may hold its wildcard "_". '0' follows '/'.
    of_plan.And("`district_id` = ? AND `target` >= ? AND `target` < ?",
                {district, absl::StrCat(request.name(), "/targets/"), absl::StrCat(request.name(), "/targets0")});
    ASSIGN_OR_RETURN(measurements, store::ReadAll<v1::Measurement>(
                                       session, runtime_.engine("planning.Measurement").store(), of_plan));
    return absl::OkStatus();
  }));
  const std::map<std::string, v1::Measurement> latest = Latest(measurements, as_of);
  const absl::CivilDay plan_end = *calendar::FromProto(plan.end_date());
  for (const v1::PlanTarget& target : targets) {
    const auto it = latest.find(target.name());
    ASSIGN_OR_RETURN(*response->add_targets(),
                     domain::EvaluateTarget(target, it == latest.end() ? nullptr : &it->second, plan_end, as_of));
  }
  return absl::OkStatus();
}

}  // namespace edudelta::planning::api
