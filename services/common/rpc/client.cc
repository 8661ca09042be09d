#include "common/rpc/client.h"

#include <stdlib.h>

#include <algorithm>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/rpc/bytes.h"
#include "common/rpc/library.h"
#include "common/rpc/limits.h"
#include "common/rpc/trace.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/impl/client_unary_call.h"
#include "grpcpp/impl/rpc_method.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/client_callback.h"
#include "grpcpp/support/sync_stream.h"

namespace edudelta::rpc {

namespace {

// Calls that fail at once poll too shortly to get a new connection through, and gRPC itself polls for them only every
// five seconds unless told otherwise before it starts. Here, before main(): setenv is not for a process with threads,
// of which another may be reading the environment.
[[maybe_unused]] const int kPolls = setenv("GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS", "100", /*overwrite=*/0);

}  // namespace

namespace {

// A name is resolved again when a connection ends, which a server sees to (server.cc).
constexpr char kTakeTurns[] =
    R"({"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": ""}})";
constexpr int kResolveEveryMs = 5000;

bool MayBeSeveral(absl::string_view address) {
  return absl::StartsWith(address, "dns:///") || absl::StartsWith(address, "ipv4:");
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const PeerOptions& options) {
  if (options.address.empty()) return absl::InvalidArgumentError("a peer has no address");
  internal::KeepLibrary();
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  const bool unix_socket = absl::StartsWith(options.address, "unix:");
  if (!unix_socket && options.tls.enabled()) {
    ASSIGN_OR_RETURN(credentials, MakeChannelCredentials(options.tls));
  } else if (!unix_socket && !IsLoopback(options.address)) {
    return absl::InvalidArgumentError(absl::StrCat("the peer ", options.address, " needs TLS"));
  }
  grpc::ChannelArguments arguments;
  if (!options.tls_name.empty()) arguments.SetSslTargetNameOverride(options.tls_name);
  arguments.SetMaxReceiveMessageSize(static_cast<int>(kLargestMessage));
  arguments.SetMaxSendMessageSize(static_cast<int>(kLargestMessage));
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, 64 << 10);
  // A restarted peer is found within a second.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  if (MayBeSeveral(options.address)) {
    arguments.SetServiceConfigJSON(kTakeTurns);
    arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, kResolveEveryMs);
  }
  // The suite's own traffic goes through nobody's proxy.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(options.address, credentials, arguments);
}

call::v1::Caller ServiceCaller(absl::string_view own) {
  call::v1::Caller caller;
  caller.set_principal(absl::StrCat("services/", own));
  caller.set_kind(call::v1::Caller::KIND_SERVICE);
  auto* binding = caller.add_bindings();
  binding->set_role(options::v1::ROLE_SERVICE);
  binding->set_prefix("*");
  return caller;
}

Context::Context(const call::v1::Caller& caller, absl::Time deadline, absl::string_view traceparent) {
  context_.set_deadline(absl::ToChronoTime(deadline));
  context_.AddMetadata(kCallerKey, caller.SerializeAsString());
  context_.AddMetadata(kTraceKey, traceparent.empty() ? ContinueTrace("").traceparent : std::string(traceparent));
}

namespace {

Shown ShownOf(const grpc::string_ref& word) {
  if (word == "clear") return Shown::kClear;
  return word == "masked" ? Shown::kMasked : Shown::kUnsaid;
}

call::v1::Caller OnBehalf(absl::string_view own, const Call& call) {
  call::v1::Caller caller = ServiceCaller(own);
  const auto& origin = call.caller;
  caller.set_on_behalf_of(origin.on_behalf_of().empty() ? origin.principal() : origin.on_behalf_of());
  caller.set_purpose(origin.purpose());
  caller.set_case_number(origin.case_number());
  return caller;
}

}  // namespace

Context::Context(absl::string_view own, const Call& call)
    : Context(OnBehalf(own, call), call.deadline, call.traceparent) {}

Shown Context::shown() const {
  const auto& metadata = context_.GetServerInitialMetadata();
  const auto said = metadata.find(kShownKey);
  // A word that this build does not know is no word.
  return said == metadata.end() ? Shown::kUnsaid : ShownOf(said->second);
}

namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using grpc::ByteBuffer;
using grpc::internal::RpcMethod;

std::string PathOf(const MethodDescriptor& method) {
  return absl::StrCat("/", method.service()->full_name(), "/", method.name());
}

// INTERNAL, reason SERVICE_FAILED; the words of the transport stay in the message.
absl::Status ForTheLog(const absl::Status& transport) {
  const absl::Status error = Error(absl::StatusCode::kInternal, "SERVICE_FAILED", "系统内部错误");
  absl::Status result(error.code(), transport.message());
  error.ForEachPayload([&](absl::string_view url, const absl::Cord& value) { result.SetPayload(url, value); });
  return result;
}

absl::Status AnswerUnreadable(const MethodDescriptor& method) {
  return absl::DataLossError(absl::StrCat("an answer of ", method.full_name(), " cannot be read"));
}

}  // namespace

absl::Status Invoke(grpc::ChannelInterface& channel, const MethodDescriptor& method, Context& context,
                    const Message& request, Message* response) {
  const std::string path = PathOf(method);
  const RpcMethod rpc(path.c_str(), RpcMethod::NORMAL_RPC);
  ByteBuffer answer;
  RETURN_IF_ERROR(FromPeer(grpc::internal::BlockingUnaryCall(&channel, rpc, context.get(), ToBytes(request), &answer)));
  return FromBytes(answer, response) ? absl::OkStatus() : AnswerUnreadable(method);
}

void InvokeAsync(grpc::ChannelInterface& channel, const MethodDescriptor& method, Context& context,
                 const Message& request, Message* response, std::function<void(absl::Status)> done) {
  const std::string path = PathOf(method);
  const RpcMethod rpc(path.c_str(), RpcMethod::NORMAL_RPC);
  const ByteBuffer bytes = ToBytes(request);
  auto answer = std::make_shared<ByteBuffer>();
  grpc::internal::CallbackUnaryCall<ByteBuffer, ByteBuffer>(
      &channel, rpc, context.get(), &bytes, answer.get(),
      [answer, response, &method, done = std::move(done)](const grpc::Status& status) {
        absl::Status result = FromPeer(status);
        if (result.ok() && !FromBytes(*answer, response)) result = AnswerUnreadable(method);
        done(std::move(result));
      });
}

struct UploadCall::State {
  const MethodDescriptor& method;
  ByteBuffer answer = {};
  std::unique_ptr<grpc::ClientWriter<ByteBuffer>> writer = nullptr;
};

UploadCall::UploadCall(grpc::ChannelInterface& channel, const MethodDescriptor& method, Context& context)
    : state_(new State{method}) {
  const std::string path = PathOf(method);
  const RpcMethod rpc(path.c_str(), RpcMethod::CLIENT_STREAMING);
  state_->writer.reset(
      grpc::internal::ClientWriterFactory<ByteBuffer>::Create(&channel, rpc, context.get(), &state_->answer));
}

UploadCall::~UploadCall() = default;

bool UploadCall::Add(const Message& request) { return state_->writer->Write(ToBytes(request)); }

absl::Status UploadCall::Finish(Message* response) {
  state_->writer->WritesDone();
  RETURN_IF_ERROR(FromPeer(state_->writer->Finish()));
  return FromBytes(state_->answer, response) ? absl::OkStatus() : AnswerUnreadable(state_->method);
}

struct DownloadCall::State {
  const MethodDescriptor& method;
  grpc::ClientContext* context;
  std::unique_ptr<grpc::ClientReader<ByteBuffer>> reader = nullptr;
  bool readable = true;
};

DownloadCall::DownloadCall(grpc::ChannelInterface& channel, const MethodDescriptor& method, Context& context,
                           const Message& request)
    : state_(new State{method, context.get()}) {
  const std::string path = PathOf(method);
  const RpcMethod rpc(path.c_str(), RpcMethod::SERVER_STREAMING);
  state_->reader.reset(
      grpc::internal::ClientReaderFactory<ByteBuffer>::Create(&channel, rpc, context.get(), ToBytes(request)));
}

DownloadCall::~DownloadCall() = default;

bool DownloadCall::Next(Message* response) {
  ByteBuffer bytes;
  if (!state_->readable || !state_->reader->Read(&bytes)) return false;
  state_->readable = FromBytes(bytes, response);
  if (!state_->readable) state_->context->TryCancel();
  return state_->readable;
}

absl::Status DownloadCall::Finish() {
  const absl::Status status = FromPeer(state_->reader->Finish());
  return state_->readable ? status : AnswerUnreadable(state_->method);
}

absl::Status FromPeer(const grpc::Status& status) {
  const absl::Status result = FromGrpc(status);
  if (result.ok() || !ReasonOf(result).empty()) return result;
  switch (result.code()) {
    // A server that is shutting down cancels calls it has not begun; nobody on this side cancels.
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kCancelled:
      return Error(absl::StatusCode::kUnavailable, "SERVICE_UNAVAILABLE", "服务暂时不可用，请稍后重试");
    case absl::StatusCode::kDeadlineExceeded:
      return Error(result.code(), "SERVICE_TIMEOUT", "处理超时，请稍后重试");
    // Of a message or its metadata; a service that has too much to do says so with a reason.
    case absl::StatusCode::kResourceExhausted:
      return Refused("MESSAGE_TOO_LARGE", "内容太大，系统无法传送，请分成几次");
    case absl::StatusCode::kUnimplemented:
      // The caller is newer: both are being replaced.
      return Error(absl::StatusCode::kUnavailable, "METHOD_NOT_YET_DEPLOYED", "系统正在升级，这个功能稍后可用");
    default:
      return ForTheLog(result);
  }
}

}  // namespace edudelta::rpc
