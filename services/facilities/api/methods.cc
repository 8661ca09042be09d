#include "common/base/status.h"
#include "common/calendar/days.h"
#include "common/resource/copy.h"
#include "common/resource/store.h"
#include "common/service/report.h"
#include "edudelta/facilities/v1/equipment_holding.pb.h"
#include "edudelta/facilities/v1/facilities_summary.pb.h"
#include "edudelta/facilities/v1/room.pb.h"
#include "edudelta/facilities/v1/sports_ground.pb.h"
#include "facilities/api/definition.h"
#include "facilities/store/summary.h"

namespace edudelta::facilities::api {

void ServeCustom(service::Runtime& runtime, rpc::DescribedService& api) {
  api.On<v1::SummarizeFacilitiesRequest, v1::SummarizeFacilitiesResponse>(
      "SummarizeFacilities",
      service::AsReport(
          runtime, [&runtime](const rpc::Call& call, const auto& request, auto* response) -> absl::Status {
            RETURN_IF_ERROR(service::Authorize(call, request.name()));
            return runtime.pool().Read(call.deadline, [&](db::Session& session) -> absl::Status {
              response->Clear();
              ASSIGN_OR_RETURN(const std::string read_time, resource::ReadTimeOf(call, session, request));
              ASSIGN_OR_RETURN(const absl::CivilDay day,
                               resource::DayAskedFor(request, calendar::Today(runtime.clock())));
              const std::string district(describe::DistrictOf(request.name()));
              ASSIGN_OR_RETURN(const auto closed, resource::ClosedBy(session, "ref_school", district, day, read_time));
              return store::SummarizeFacilities(
                  session,
                  {runtime.engine("facilities.Room").table(), runtime.engine("facilities.SportsGround").table(),
                   runtime.engine("facilities.EquipmentHolding").table()},
                  district, read_time, closed, response);
            });
          }));
}

}  // namespace edudelta::facilities::api
