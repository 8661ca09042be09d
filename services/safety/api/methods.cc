#include "common/base/status.h"
#include "common/calendar/days.h"
#include "common/resource/copy.h"
#include "common/resource/store.h"
#include "common/service/report.h"
#include "edudelta/safety/v1/patrol.pb.h"
#include "edudelta/safety/v1/patrol_plan.pb.h"
#include "safety/api/definition.h"
#include "safety/domain/patrol.h"
#include "safety/store/patrols.h"

namespace edudelta::safety::api {
namespace {

absl::Status SummarizePatrols(service::Runtime& runtime, const rpc::Call& call,
                              const v1::SummarizePatrolsRequest& request, v1::SummarizePatrolsResponse* response) {
  RETURN_IF_ERROR(service::Authorize(call, request.name()));
  ASSIGN_OR_RETURN(const absl::CivilMonth month, domain::MonthOf(request, calendar::Today(runtime.clock())));
  return runtime.pool().Read(call.deadline, [&](db::Session& session) -> absl::Status {
    const std::string district(describe::DistrictOf(request.name()));
    ASSIGN_OR_RETURN(const std::string read_time, resource::ReadTimeOf(call, session, request));
    ASSIGN_OR_RETURN(const auto closed,
                     resource::ClosedBy(session, "ref_school", district, absl::CivilDay(month + 1) - 1, read_time));
    ASSIGN_OR_RETURN(std::vector<domain::PointTally> points,
                     store::TallyPoints(session, runtime.engine("safety.InspectionPoint").table(),
                                        runtime.engine("safety.Patrol").table(), district, month, read_time, closed));
    ASSIGN_OR_RETURN(const std::vector<v1::PatrolPlan> plans,
                     store::ReadPlans(session, runtime.engine("safety.PatrolPlan").store(), district, read_time));
    *response = domain::SummarizePatrols(month, std::move(points), domain::ChoosePlan(plans, month));
    return absl::OkStatus();
  });
}

}  // namespace

void ServeCustom(service::Runtime& runtime, rpc::DescribedService& api) {
  api.On<v1::SummarizePatrolsRequest, v1::SummarizePatrolsResponse>(
      "SummarizePatrols",
      service::AsReport(runtime, [&runtime](const rpc::Call& call, const auto& request, auto* response) {
        return SummarizePatrols(runtime, call, request, response);
      }));
}

}  // namespace edudelta::safety::api
