#include "safety/api/api.h"

#include "common/base/status.h"
#include "common/calendar/days.h"
#include "common/resource/store.h"
#include "safety/domain/patrol.h"
#include "safety/store/patrols.h"

namespace edudelta::safety::api {

SafetyApi::SafetyApi(service::Runtime& runtime)
    : runtime_(runtime),
      inspection_points_(runtime.engine("safety.InspectionPoint"), runtime.frame()),
      patrols_(runtime.engine("safety.Patrol"), runtime.frame()),
      patrol_plans_(runtime.engine("safety.PatrolPlan"), runtime.frame()),
      hazard_terms_(runtime.engine("safety.HazardTerm"), runtime.frame()),
      hazards_(runtime.engine("safety.Hazard"), runtime.frame()) {}

grpc::ServerUnaryReactor* SafetyApi::SummarizePatrols(Context* c, const v1::SummarizePatrolsRequest* q,
                                                      v1::SummarizePatrolsResponse* r) {
  return runtime_.frame().Unary(c, q, r, [=, this](const rpc::Call& call) -> absl::Status {
    RETURN_IF_ERROR(service::Authorize(call, q->name()));
    ASSIGN_OR_RETURN(const absl::CivilMonth month, domain::MonthOf(*q, calendar::Today(runtime_.clock())));
    return runtime_.pool().Read(call.deadline, [&](db::Session& session) -> absl::Status {
      const std::string district = resource::DistrictOfName(q->name());
      ASSIGN_OR_RETURN(const std::string read_time, resource::ReadTimeOf(session, *q));
      ASSIGN_OR_RETURN(std::vector<domain::PointTally> points,
                       store::TallyPoints(session, inspection_points_.engine().table(), patrols_.engine().table(),
                                          district, month, read_time));
      ASSIGN_OR_RETURN(const std::vector<v1::PatrolPlan> plans,
                       store::ReadPlans(session, patrol_plans_.engine().store(), district, read_time));
      *r = domain::SummarizePatrols(month, std::move(points), domain::ChoosePlan(plans, month));
      return absl::OkStatus();
    });
  });
}

}  // namespace edudelta::safety::api
