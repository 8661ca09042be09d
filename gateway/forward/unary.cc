#include "gateway/forward/unary.h"

#include <atomic>
#include <string>
#include <utility>

#include "common/base/error.h"
#include "common/base/status.h"
#include "common/crypto/canonical.h"
#include "common/crypto/digest.h"
#include "common/rpc/errors.h"
#include "edudelta/exchange/v1/access_entry.pb.h"
#include "gateway/forward/answer.h"
#include "gateway/forward/headers.h"
#include "gateway/forward/patient_call.h"
#include "gateway/forward/prune.h"

namespace edudelta::gateway::forward {
namespace {

using google::protobuf::Message;

class Unary : public std::enable_shared_from_this<Unary> {
 public:
  Unary(const UnaryParts& parts, std::shared_ptr<Pending> pending) : parts_(parts), pending_(std::move(pending)) {}

  void Start(const Message& request) {
    const auto& method = *pending_->match.route->method;
    PatientCall::Call call = {std::string(describe::ServiceOf(method.file())),
                              &method,
                              pending_->decision.caller,
                              pending_->deadline,
                              pending_->trace.traceparent,
                              MayRepeat(request)};
    const auto running = PatientCall::Start(
        parts_.backends, std::move(call), ToBuffer(request),
        [self = shared_from_this()](const grpc::Status& status, grpc::ByteBuffer answer, rpc::Shown shown) {
          self->buffer_ = std::move(answer);
          self->shown_ = shown;
          self->OnAnswer(status);
        });
    pending_->exchange->OnGone([weak = weak_from_this(), call = std::weak_ptr(running)] {
      if (const auto self = weak.lock()) self->gone_ = true;
      if (const auto called = call.lock()) called->Cancel();
    });
  }

 private:
  // Twice does what once does.
  bool MayRepeat(const Message& request) const {
    if (routes::Reads(*pending_->match.route)) return true;
    const auto* id = request.GetDescriptor()->FindFieldByName("request_id");
    return id != nullptr && !request.GetReflection()->GetString(request, id).empty();
  }

  void OnAnswer(const grpc::Status& status) {
    absl::Status result = rpc::FromPeer(status);
    // Told apart from a service that has gone away: nothing is wrong here.
    if (!result.ok() && gone_) return pending_->Fail(ClientGone());
    if (!result.ok()) return Fail(result);
    const bool partner = pending_->decision.partner();
    const auto bytes = BytesOf(buffer_, &slice_);
    if (!bytes) return Fail(absl::InternalError("the answer cannot be read"));
    wire_ = *bytes;
    // Most answers are passed on as they came; what is recorded is looked into.
    if (!partner && !MayShowClear(shown_, parts_.sensitive, OutputType())) return Answer();
    response_ = NewMessage(OutputType());
    result = FromBuffer(&buffer_, response_.get());
    if (!result.ok()) return Fail(result);
    partner ? RecordPartner() : RecordOwn();
  }

  void Fail(const absl::Status& status) {
    const auto* method = pending_->match.route->method;
    parts_.tally.CountBackendError(describe::ServiceOf(method->file()), rpc::CodeName(status.code()));
    parts_.refuse(pending_, status);
  }

  const google::protobuf::Descriptor* OutputType() const { return pending_->match.route->method->output_type(); }

  void RecordPartner() {
    const auto& scope = pending_->decision.caller.scope();
    const std::vector<std::string> fields(scope.fields().begin(), scope.fields().end());
    Prune(scope.dataset(), fields, response_.get());
    auto entry = EntryOf(*pending_);
    *entry.mutable_fields() = scope.fields();
    Record(std::move(entry), SensitiveIn(*response_));
  }

  void RecordOwn() {
    const Sensitive sensitive = SensitiveIn(*response_);
    // A service that says nothing is an older one: then what is seen decides.
    if (shown_ != rpc::Shown::kClear && sensitive.fields.empty()) return Answer();
    auto entry = EntryOf(*pending_);
    *entry.mutable_fields() = {sensitive.fields.begin(), sensitive.fields.end()};
    Record(std::move(entry), sensitive);
  }

  void Record(exchange::v1::RecordRequest entry, const Sensitive& sensitive) {
    *entry.mutable_person_tokens() = {sensitive.person_tokens.begin(), sensitive.person_tokens.end()};
    entry.set_record_count(static_cast<int>(RecordsOf(pending_->decision.dataset, *response_).size()));
    // The answer is made of these bytes: what was not recorded cannot leave.
    canonical_ = crypto::CanonicalBytes(*response_);
    wire_ = canonical_;
    entry.set_response_digest(crypto::Sm3(canonical_));
    const int records = entry.record_count();
    parts_.evidence.Record(entry, pending_->deadline, pending_->trace.traceparent,
                           [self = shared_from_this(), records](const Evidence::Recorded& recorded) {
                             if (!recorded.ok()) return self->parts_.refuse(self->pending_, recorded.status());
                             self->pending_->sequence = recorded->sequence();
                             self->pending_->digest_key = recorded->digest_key();
                             self->recorded_ = true;
                             self->CountRecords(records);
                             self->Answer();
                           });
  }

  void CountRecords(int records) const {
    if (pending_->decision.partner()) parts_.tally.CountPartnerRecords(pending_->decision, records);
  }

  void Answer() {
    http::Response response = WireAnswer(OutputType(), wire_, parts_.json);
    if (pending_->match.route->shape.kind == describe::MethodKind::kGet) {
      const absl::Status met = AnswerOne(&response);
      if (!met.ok()) return pending_->Fail(met);
    }
    pending_->Answer(std::move(response));
  }

  absl::Status AnswerOne(http::Response* response) const {
    if (response->status != 200) return absl::OkStatus();
    const auto is_tag = [](const auto& header) { return header.first == "ETag"; };
    if (!HasTag(OutputType(), pending_->decision.partner())) {
      std::erase_if(response->headers, is_tag);
      return absl::OkStatus();
    }
    for (auto& [name, value] : response->headers) {
      if (name == "ETag") value = TagOfView(value, recorded_ ? "clear" : "");
    }
    if (!recorded_) {
      // May be kept and shown again as long as it is asked for again; what these say decides what is shown.
      response->headers.emplace_back("Cache-Control", "private, no-cache");
      response->headers.emplace_back("Vary", "Authorization, Edudelta-Purpose");
    }
    return MeetPreconditions(pending_->request(), response);
  }

  const UnaryParts parts_;
  std::atomic<bool> gone_{false};
  const std::shared_ptr<Pending> pending_;
  grpc::ByteBuffer buffer_;
  grpc::Slice slice_;
  // What is answered: views into `slice_` or `canonical_`.
  absl::string_view wire_;
  rpc::Shown shown_ = rpc::Shown::kUnsaid;
  std::unique_ptr<Message> response_;
  std::string canonical_;
  // There is an entry: it is a partner's, or shows something personal in clear.
  bool recorded_ = false;
};

}  // namespace

void ForwardUnary(const UnaryParts& parts, std::shared_ptr<Pending> pending, std::unique_ptr<Message> request) {
  std::make_shared<Unary>(parts, std::move(pending))->Start(*request);
}

}  // namespace edudelta::gateway::forward
