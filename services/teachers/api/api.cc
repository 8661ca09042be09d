#include "teachers/api/api.h"

#include "common/base/status.h"
#include "common/resource/store.h"
#include "teachers/store/summary.h"

namespace edudelta::teachers::api {

TeachersApi::TeachersApi(service::Runtime& runtime)
    : runtime_(runtime),
      teachers_(runtime.engine("teachers.Teacher"), runtime.frame()),
      staffing_quotas_(runtime.engine("teachers.StaffingQuota"), runtime.frame()) {}

grpc::ServerUnaryReactor* TeachersApi::SummarizeStaff(Context* c, const v1::SummarizeStaffRequest* q, v1::SummarizeStaffResponse* r) {
  return runtime_.frame().Unary(c, q, r, [=, this](const rpc::Call& call) -> absl::Status {
    RETURN_IF_ERROR(service::Authorize(call, q->name()));
    return runtime_.pool().Read(call.deadline, [&](db::Session& session) -> absl::Status {
      r->Clear();
      ASSIGN_OR_RETURN(const std::string read_time, resource::ReadTimeOf(session, *q));
      return store::SummarizeStaff(session, teachers_.engine().table(), runtime_.codes(), resource::DistrictOfName(q->name()), read_time, r);
    });
  });
}

}  // namespace edudelta::teachers::api
