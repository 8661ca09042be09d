#include "gateway/forward/unary.h"

#include <atomic>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/crypto/canonical.h"
#include "common/crypto/digest.h"
#include "common/rpc/errors.h"
#include "edudelta/exchange/v1/access_entry.pb.h"
#include "gateway/codec/text.h"
#include "gateway/forward/answer.h"
#include "gateway/forward/prune.h"

namespace edudelta::gateway::forward {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

absl::Status ClientGone() { return Error(absl::StatusCode::kCancelled, "CLIENT_GONE", "请求方已断开连接"); }

class Unary : public std::enable_shared_from_this<Unary> {
 public:
  Unary(const UnaryParts& parts, const std::shared_ptr<grpc::Channel>& channel, std::shared_ptr<Pending> pending)
      : parts_(parts),
        pending_(std::move(pending)),
        context_(pending_->decision.caller, pending_->deadline, pending_->trace.traceparent),
        stub_(channel) {}

  void Start(const Message& request) {
    request_ = ToBuffer(request);
    pending_->exchange->OnGone([weak = weak_from_this()] {
      auto self = weak.lock();
      if (self == nullptr) return;
      self->gone_ = true;
      self->context_.get()->TryCancel();
    });
    stub_.UnaryCall(context_.get(), PathOf(pending_->match.route->method), grpc::StubOptions(), &request_, &buffer_,
                    [self = shared_from_this()](grpc::Status status) { self->OnAnswer(status); });
  }

 private:
  void OnAnswer(const grpc::Status& status) {
    absl::Status result = rpc::FromPeer(status);
    // Told apart from a service that has gone away: nothing is wrong here.
    if (!result.ok() && gone_) return pending_->Fail(ClientGone());
    if (!result.ok()) return Fail(result);
    const bool partner = pending_->decision.partner();
    const auto bytes = BytesOf(buffer_, &slice_);
    if (!bytes) return Fail(absl::InternalError("the answer cannot be read"));
    wire_ = *bytes;
    shown_ = context_.shown();
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
    parts_.evidence.Record(std::move(entry), pending_->deadline, pending_->trace.traceparent,
                           [self = shared_from_this()](const Evidence::Recorded& recorded) {
                             if (!recorded.ok()) return self->parts_.refuse(self->pending_, recorded.status());
                             self->pending_->sequence = recorded->sequence();
                             self->pending_->digest_key = recorded->digest_key();
                             self->Answer();
                           });
  }

  void Answer() { pending_->Answer(WireAnswer(OutputType(), wire_, parts_.json)); }

  const UnaryParts parts_;
  std::atomic<bool> gone_{false};
  const std::shared_ptr<Pending> pending_;
  rpc::Context context_;
  grpc::GenericStub stub_;
  grpc::ByteBuffer request_, buffer_;
  grpc::Slice slice_;
  // What is answered: views into `slice_` or `canonical_`.
  absl::string_view wire_;
  rpc::Shown shown_ = rpc::Shown::kUnsaid;
  std::unique_ptr<Message> response_;
  std::string canonical_;
};

const FieldDescriptor* StringField(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  return field != nullptr && field->type() == FieldDescriptor::TYPE_STRING && !field->is_repeated() ? field : nullptr;
}

// `"abc"` and `W/"abc"` as abc.
absl::string_view Bare(absl::string_view etag) {
  absl::ConsumePrefix(&etag, "W/");
  while (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return etag;
}

}  // namespace

void ForwardUnary(const UnaryParts& parts, const std::shared_ptr<grpc::Channel>& channel,
                  std::shared_ptr<Pending> pending, std::unique_ptr<Message> request) {
  std::make_shared<Unary>(parts, channel, std::move(pending))->Start(*request);
}

absl::Status FillFromHeaders(const http::Request& from, const routes::Route& route, Message* request) {
  const absl::string_view etag = Bare(from.Header("if-match"));
  // "*" asks for nothing.
  if (!etag.empty() && etag != "*") {
    if (!codec::IsUtf8(etag)) return Invalid("etag", "INVALID_UTF8", "If-Match 不是 UTF-8 文字");
    Message* holder = request;
    if (route.shape.kind == describe::MethodKind::kUpdate) {
      holder = request->GetReflection()->MutableMessage(request, route.shape.resource_field);
    }
    if (const FieldDescriptor* field = StringField(*holder, "etag")) {
      const std::string given = holder->GetReflection()->GetString(*holder, field);
      if (!given.empty() && Bare(given) != etag)
        return Invalid("etag", "ETAG_MISMATCH", "If-Match 与请求体中的 etag 不一致");
      // As services make them (AIP-154), with quotes.
      holder->GetReflection()->SetString(holder, field, absl::StrCat("\"", etag, "\""));
    }
  }
  const absl::string_view key = from.Header("idempotency-key");
  if (!codec::IsUtf8(key)) return Invalid("request_id", "INVALID_UTF8", "Idempotency-Key 不是 UTF-8 文字");
  const FieldDescriptor* request_id = StringField(*request, "request_id");
  if (!key.empty() && request_id != nullptr && request->GetReflection()->GetString(*request, request_id).empty()) {
    request->GetReflection()->SetString(request, request_id, std::string(key));
  }
  return absl::OkStatus();
}

}  // namespace edudelta::gateway::forward
