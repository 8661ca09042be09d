#include "gateway/forward/evidence.h"

#include <utility>

#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/describe/describe.h"
#include "common/rpc/client.h"

namespace edudelta::gateway::forward {
namespace {

using exchange::v1::RecordRequest;
using exchange::v1::RecordResponse;

struct Recording {
  Recording(RecordRequest entry, absl::Time deadline, absl::string_view traceparent)
      : context(rpc::ServiceCaller("gateway"), deadline, traceparent), request(std::move(entry)) {}
  rpc::Context context;
  RecordRequest request;
  RecordResponse response;
};

Evidence::Recorded Outcome(const absl::Status& failure, const RecordResponse& response) {
  if (failure.ok()) return response;
  if (failure.code() == absl::StatusCode::kResourceExhausted && ReasonOf(failure) == "QUOTA_EXCEEDED") return failure;
  if (failure.code() == absl::StatusCode::kFailedPrecondition ||
      failure.code() == absl::StatusCode::kPermissionDenied) {
    return Denied(ReasonOf(failure), ChineseOf(failure));
  }
  return Error(absl::StatusCode::kUnavailable, "EVIDENCE_UNAVAILABLE",
               "访问记录暂时无法写入，数据没有发出，请稍后重试");
}

}  // namespace

RecordRequest EntryOf(const Pending& pending) {
  const policy::Decision& decision = pending.decision;
  RecordRequest entry;
  entry.set_principal(decision.caller.principal());
  entry.set_organization(decision.caller.organization());
  entry.set_request_id(NewUuid());
  if (decision.agreement != nullptr) {
    entry.set_agreement(decision.agreement->name());
    entry.set_agreement_hash(decision.agreement->content_hash());
  }
  entry.set_purpose(decision.caller.purpose());
  entry.set_case_number(decision.caller.case_number());
  entry.set_dataset(decision.dataset);
  entry.set_method(pending.method);
  entry.set_target(pending.match.name);
  entry.set_district(decision.district);
  entry.set_outcome(exchange::v1::AccessEntry::OUTCOME_ALLOWED);
  return entry;
}

bool MayShowClear(rpc::Shown said, const SensitiveTypes& sensitive, const google::protobuf::Descriptor* type) {
  return said == rpc::Shown::kClear || (said == rpc::Shown::kUnsaid && sensitive.Contain(type));
}

Evidence::Evidence(std::shared_ptr<grpc::Channel> exchange)
    : exchange_(std::move(exchange)), method_(*describe::FindService("exchange")->FindMethodByName("Record")) {}

void Evidence::Record(RecordRequest entry, absl::Time deadline, absl::string_view traceparent, Done done) {
  auto recording = std::make_shared<Recording>(std::move(entry), deadline, traceparent);
  rpc::InvokeAsync(
      *exchange_, method_, recording->context, recording->request, &recording->response,
      [recording, done = std::move(done)](const absl::Status& status) { done(Outcome(status, recording->response)); });
}

Evidence::Recorded Evidence::RecordNow(const RecordRequest& entry, absl::Time deadline, absl::string_view traceparent) {
  Recording recording(entry, deadline, traceparent);
  return Outcome(rpc::Invoke(*exchange_, method_, recording.context, recording.request, &recording.response),
                 recording.response);
}

}  // namespace edudelta::gateway::forward
