#include "exchange/api/methods.h"

#include <memory>
#include <utility>

#include "common/base/error.h"
#include "common/base/status.h"
#include "common/rpc/bytes.h"
#include "common/rpc/errors.h"
#include "common/service/runtime.h"
#include "edudelta/exchange/v1/access_entry.pb.h"
#include "edudelta/exchange/v1/client.pb.h"
#include "edudelta/exchange/v1/token.pb.h"
#include "edudelta/exchange/v1/user.pb.h"
#include "exchange/api/accounts.h"
#include "exchange/api/recorder.h"
#include "exchange/api/tokens.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

namespace edudelta::exchange::api {
namespace {

// Waits for the recorder without holding a worker.
class RecordReactor final : public grpc::ServerUnaryReactor {
 public:
  RecordReactor(std::unique_ptr<rpc::Admission> admission, grpc::ByteBuffer* response)
      : admission_(std::move(admission)), response_(response) {}

  void Begin(Recorder& recorder, const grpc::ByteBuffer& bytes) {
    absl::Status status = admission_->status();
    if (status.ok()) status = service::Authorize(admission_->call(), "");
    v1::RecordRequest request;
    if (status.ok() && !rpc::FromBytes(bytes, &request)) status = rpc::Unreadable();
    if (!status.ok()) return End(status);
    recorder.Record(request, admission_->call().deadline, [this](absl::StatusOr<v1::RecordResponse> recorded) {
      if (recorded.ok()) *response_ = rpc::ToBytes(*recorded);
      End(recorded.status());
    });
  }

  void OnDone() override { delete this; }

 private:
  // The reactor may be gone when this returns.
  void End(const absl::Status& status) { Finish(admission_->Finish(status)); }

  const std::unique_ptr<rpc::Admission> admission_;
  grpc::ByteBuffer* const response_;
};

}  // namespace

void ServeCustom(service::Runtime& runtime, const Settings& settings, PolicyHub& hub, rpc::DescribedService& api) {
  api.On<v1::RotateClientSecretRequest, v1::RotateClientSecretResponse>(
      "RotateClientSecret",
      [&runtime, &hub](const rpc::Call& call, const auto& request, auto* response) -> absl::Status {
        ASSIGN_OR_RETURN(*response, RotateSecret(runtime, hub, call, request));
        return absl::OkStatus();
      });
  api.On<v1::SetUserPasswordRequest, v1::SetUserPasswordResponse>(
      "SetUserPassword", [&runtime, &hub](const rpc::Call& call, const auto& request, auto*) {
        return SetPassword(runtime, hub, call, request);
      });
  const auto tokens = std::make_shared<Tokens>(runtime, settings, hub, runtime.logger());
  api.On<v1::ChangeUserPasswordRequest, v1::ChangeUserPasswordResponse>(
      "ChangeUserPassword",
      [tokens](const rpc::Call& call, const auto& request, auto*) { return tokens->ChangePassword(call, request); });
  api.On<v1::IssueTokenRequest, v1::IssueTokenResponse>(
      "IssueToken", [tokens](const rpc::Call& call, const auto& request, auto* response) -> absl::Status {
        RETURN_IF_ERROR(service::Authorize(call, ""));
        ASSIGN_OR_RETURN(*response, tokens->Issue(call, request));
        return absl::OkStatus();
      });
  const auto* record = api.descriptor().FindMethodByName("Record");
  api.OnOwnReactor("Record",
                   [&runtime, record, recorder = std::make_shared<Recorder>(runtime)](
                       grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                       grpc::ByteBuffer* response) -> grpc::ServerUnaryReactor* {
                     auto* reactor = new RecordReactor(runtime.frame().Admit(*record, context), response);
                     reactor->Begin(*recorder, *request);
                     return reactor;
                   });
  ServeWatchPolicy(runtime, hub, api);
}

}  // namespace edudelta::exchange::api
