#include "common/base/status.h"
#include "common/calendar/days.h"
#include "common/resource/copy.h"
#include "common/resource/store.h"
#include "common/service/report.h"
#include "edudelta/teachers/v1/staff_summary.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"
#include "teachers/api/definition.h"
#include "teachers/store/summary.h"

namespace edudelta::teachers::api {

void ServeCustom(service::Runtime& runtime, rpc::DescribedService& api) {
  api.On<v1::SummarizeStaffRequest, v1::SummarizeStaffResponse>(
      "SummarizeStaff",
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
              return store::SummarizeStaff(session, runtime.engine("teachers.Teacher").table(), runtime.codes(),
                                           district, read_time, closed, response);
            });
          }));
}

}  // namespace edudelta::teachers::api
