#include "facilities/api/api.h"

#include "common/base/status.h"
#include "common/resource/store.h"
#include "facilities/store/summary.h"

namespace edudelta::facilities::api {

FacilitiesApi::FacilitiesApi(service::Runtime& runtime)
    : runtime_(runtime),
      buildings_(runtime.engine("facilities.Building"), runtime.frame()),
      rooms_(runtime.engine("facilities.Room"), runtime.frame()),
      sports_grounds_(runtime.engine("facilities.SportsGround"), runtime.frame()),
      equipment_holdings_(runtime.engine("facilities.EquipmentHolding"), runtime.frame()) {}

grpc::ServerUnaryReactor* FacilitiesApi::SummarizeFacilities(Context* c, const v1::SummarizeFacilitiesRequest* q, v1::SummarizeFacilitiesResponse* r) {
  return runtime_.frame().Unary(c, q, r, [=, this](const rpc::Call& call) -> absl::Status {
    RETURN_IF_ERROR(service::Authorize(call, q->name()));
    return runtime_.pool().Read(call.deadline, [&](db::Session& session) -> absl::Status {
      r->Clear();
      ASSIGN_OR_RETURN(const std::string read_time, resource::ReadTimeOf(session, *q));
      return store::SummarizeFacilities(session, {rooms_.engine().table(), sports_grounds_.engine().table(), equipment_holdings_.engine().table()}, resource::DistrictOfName(q->name()), read_time, r);
    });
  });
}

}  // namespace edudelta::facilities::api
