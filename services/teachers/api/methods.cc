#include "common/base/status.h"
#include "common/resource/store.h"
#include "edudelta/teachers/v1/staff_summary.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"
#include "teachers/api/definition.h"
#include "teachers/store/summary.h"

namespace edudelta::teachers::api {

void ServeCustom(service::Runtime& runtime, rpc::DescribedService& api) {
  api.On<v1::SummarizeStaffRequest, v1::SummarizeStaffResponse>(
      "SummarizeStaff", [&runtime](const rpc::Call& call, const auto& request, auto* response) -> absl::Status {
        RETURN_IF_ERROR(service::Authorize(call, request.name()));
        return runtime.pool().Read(call.deadline, [&](db::Session& session) -> absl::Status {
          response->Clear();
          ASSIGN_OR_RETURN(const std::string read_time, resource::ReadTimeOf(call, session, request));
          return store::SummarizeStaff(session, runtime.engine("teachers.Teacher").table(), runtime.codes(),
                                       std::string(describe::DistrictOf(request.name())), read_time, response);
        });
      });
}

}  // namespace edudelta::teachers::api
