#include "gateway/forward/evidence.h"

#include <future>
#include <set>
#include <utility>

#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/timestamp.h"
#include "common/describe/condition.h"
#include "common/describe/describe.h"
#include "common/rpc/client.h"
#include "gateway/forward/patient_call.h"

namespace edudelta::gateway::forward {
namespace {

using exchange::v1::RecordRequest;
using exchange::v1::RecordResponse;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

Evidence::Recorded Outcome(const absl::Status& failure, const RecordResponse& response) {
  if (failure.ok()) return response;
  if (failure.code() == absl::StatusCode::kResourceExhausted && ReasonOf(failure) == "QUOTA_EXCEEDED") return failure;
  if (failure.code() == absl::StatusCode::kFailedPrecondition ||
      failure.code() == absl::StatusCode::kPermissionDenied) {
    return Denied(ReasonOf(failure), ChineseOf(failure));
  }
  if (failure.code() == absl::StatusCode::kInvalidArgument) {
    return Error(absl::StatusCode::kInternal, "EVIDENCE_REFUSED", failure.message());
  }
  return Error(absl::StatusCode::kUnavailable, "EVIDENCE_UNAVAILABLE",
               "访问记录暂时无法写入，数据没有发出，请稍后重试");
}

}  // namespace

Asked AskedOf(const Message& request, const google::protobuf::Descriptor* resource) {
  Asked asked;
  const auto* reflection = request.GetReflection();
  const auto* time = request.GetDescriptor()->FindFieldByName("read_time");
  if (time != nullptr && time->message_type() == google::protobuf::Timestamp::descriptor() &&
      reflection->HasField(request, time)) {
    google::protobuf::Timestamp read_time;
    read_time.CopyFrom(reflection->GetMessage(request, time));
    const absl::Time meant = TimeOf(read_time);
    // Others no entry can hold, and no service reads at them.
    if (meant >= absl::UnixEpoch() && absl::ToCivilYear(meant, absl::UTCTimeZone()).year() < 10000) {
      asked.read_time = read_time;
    }
  }
  const auto* filter = request.GetDescriptor()->FindFieldByName("filter");
  if (filter == nullptr || filter->type() != FieldDescriptor::TYPE_STRING || filter->is_repeated() ||
      resource == nullptr) {
    return asked;
  }
  const auto conditions = describe::ParseFilter(reflection->GetString(request, filter));
  if (!conditions.ok()) return asked;
  std::set<std::string> fields;
  for (const describe::Condition& condition : *conditions) {
    // Only names that are the declaration's: anything else may be a value.
    if (resource->FindFieldByName(condition.field) != nullptr) fields.insert(condition.field);
  }
  asked.filter_fields.assign(fields.begin(), fields.end());
  return asked;
}

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
  if (pending.asked.read_time) *entry.mutable_read_time() = *pending.asked.read_time;
  *entry.mutable_filter_fields() = {pending.asked.filter_fields.begin(), pending.asked.filter_fields.end()};
  entry.set_outcome(exchange::v1::AccessEntry::OUTCOME_ALLOWED);
  return entry;
}

bool MayShowClear(rpc::Shown said, const SensitiveTypes& sensitive, const google::protobuf::Descriptor* type) {
  return said == rpc::Shown::kClear || (said == rpc::Shown::kUnsaid && sensitive.Contain(type));
}

Evidence::Evidence(const Backends& backends)
    : backends_(backends), method_(*describe::FindService("exchange")->FindMethodByName("Record")) {}

// What was allowed is one entry, however often it is called, for its request id has a claim; a refusal has none, and
// would be two.
void Evidence::Record(const RecordRequest& entry, absl::Time deadline, absl::string_view traceparent, Done done) {
  PatientCall::Start(backends_,
                     {"exchange", &method_, rpc::ServiceCaller("gateway"), deadline, std::string(traceparent),
                      entry.outcome() == exchange::v1::AccessEntry::OUTCOME_ALLOWED},
                     ToBuffer(entry),
                     [done = std::move(done)](const grpc::Status& status, grpc::ByteBuffer answer, rpc::Shown) {
                       RecordResponse response;
                       absl::Status result = rpc::FromPeer(status);
                       if (result.ok()) result = FromBuffer(&answer, &response);
                       done(Outcome(result, response));
                     });
}

Evidence::Recorded Evidence::RecordNow(const RecordRequest& entry, absl::Time deadline, absl::string_view traceparent) {
  std::promise<Recorded> recorded;
  Record(entry, deadline, traceparent, [&](Recorded result) { recorded.set_value(std::move(result)); });
  return recorded.get_future().get();
}

}  // namespace edudelta::gateway::forward
