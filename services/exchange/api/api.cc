#include "exchange/api/api.h"

#include "common/base/status.h"
#include "exchange/api/accounts.h"

namespace edudelta::exchange::api {
namespace {

// Waits for the recorder without holding a worker.
class RecordReactor final : public grpc::ServerUnaryReactor {
 public:
  explicit RecordReactor(std::unique_ptr<rpc::Admission> admission) : admission_(std::move(admission)) {}

  const rpc::Admission& admission() const { return *admission_; }
  // The reactor may be gone when this returns.
  void End(const absl::Status& status) { Finish(admission_->Finish(status)); }
  void OnDone() override { delete this; }

 private:
  const std::unique_ptr<rpc::Admission> admission_;
};

}  // namespace

ExchangeApi::ExchangeApi(service::Runtime& runtime, const Settings& settings, PolicyHub& hub)
    : runtime_(runtime),
      organizations_(runtime.engine("exchange.Organization"), runtime.frame()),
      clients_(runtime.engine("exchange.Client"), runtime.frame()),
      users_(runtime.engine("exchange.User"), runtime.frame()),
      agreements_(runtime.engine("exchange.Agreement"), runtime.frame()),
      access_entries_(runtime.engine("exchange.AccessEntry"), runtime.frame()),
      hub_(hub),
      tokens_(runtime, settings),
      recorder_(runtime) {}

ExchangeApi::Unary* ExchangeApi::RotateClientSecret(Context* c, const v1::RotateClientSecretRequest* q,
                                                    v1::RotateClientSecretResponse* r) {
  return runtime_.frame().Unary(c, q, r, [this, q, r](const rpc::Call& call) -> absl::Status {
    ASSIGN_OR_RETURN(*r, RotateSecret(runtime_, call, *q));
    return absl::OkStatus();
  });
}

ExchangeApi::Unary* ExchangeApi::SetUserPassword(Context* c, const v1::SetUserPasswordRequest* q,
                                                 v1::SetUserPasswordResponse* r) {
  return runtime_.frame().Unary(c, q, r, [this, q](const rpc::Call& call) { return SetPassword(runtime_, call, *q); });
}

ExchangeApi::Unary* ExchangeApi::IssueToken(Context* c, const v1::IssueTokenRequest* q, v1::IssueTokenResponse* r) {
  return runtime_.frame().Unary(c, q, r, [this, q, r](const rpc::Call& call) -> absl::Status {
    RETURN_IF_ERROR(service::Authorize(call, ""));
    ASSIGN_OR_RETURN(*r, tokens_.Issue(call, *q));
    return absl::OkStatus();
  });
}

ExchangeApi::Unary* ExchangeApi::Record(Context* c, const v1::RecordRequest* q, v1::RecordResponse* r) {
  auto* reactor = new RecordReactor(runtime_.frame().Admit(c, *q));
  absl::Status status = reactor->admission().status();
  if (status.ok()) status = service::Authorize(reactor->admission().call(), "");
  if (!status.ok()) {
    reactor->End(status);
    return reactor;
  }
  recorder_.Record(*q, reactor->admission().call().deadline, [reactor, r](absl::StatusOr<int64_t> sequence) {
    if (sequence.ok()) r->set_sequence(*sequence);
    reactor->End(sequence.status());
  });
  return reactor;
}

}  // namespace edudelta::exchange::api
