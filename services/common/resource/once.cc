#include "common/resource/once.h"

#include "common/base/error.h"
#include "common/base/status.h"

namespace edudelta::resource {
namespace {

// What a twin may have caused that came first: the id is taken, the etag is old, the step is done, the date is no
// longer later.
bool MayBeATwins(const absl::Status& status) {
  return absl::IsAlreadyExists(status) || absl::IsAborted(status) || absl::IsNotFound(status) ||
         absl::IsFailedPrecondition(status) || absl::IsInvalidArgument(status) || absl::IsPermissionDenied(status);
}

}  // namespace

absl::Status Once::Run(const rpc::Call& call, const google::protobuf::Message& request,
                       absl::FunctionRef<absl::StatusOr<Written>(db::Tx&, const std::string&)> work,
                       absl::FunctionRef<absl::Status(db::Tx&, const Written&)> replay) const {
  auto attempt = [&] {
    return pool_.Transact(call.deadline, [&](db::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(RequestLog::Opened opened, request_log_.Open(call, request, tx));
      if (opened.earlier)
        return replay(tx, Written{opened.earlier->name, opened.earlier->version, opened.earlier->time});
      ASSIGN_OR_RETURN(Written written, work(tx, opened.now));
      if (written.unchanged && RequestIdOf(request).empty()) return RequestLog::ForceDurable(call, opened.now, tx);
      return request_log_.Close(call, request, tx,
                                {written.name, written.version, written.time.empty() ? opened.now : written.time});
    });
  };
  absl::Status status = attempt();
  // The connection was lost while it committed, or a twin came first: the request log knows.
  if (!status.ok() && !RequestIdOf(request).empty()) {
    bool again = absl::IsUnknown(status) || ReasonOf(status) == "REQUEST_IN_PROGRESS";
    if (!again && MayBeATwins(status)) {
      RETURN_IF_ERROR(pool_.Read(call.deadline, [&](db::Session& session) -> absl::Status {
        ASSIGN_OR_RETURN(again, request_log_.Knows(call, request, session));
        return absl::OkStatus();
      }));
    }
    if (again) status = attempt();
  }
  if (status.ok() && on_commit_) on_commit_();
  return status;
}

}  // namespace edudelta::resource
