#include "common/rpc/server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/status.h"
#include "common/rpc/library.h"
#include "common/rpc/limits.h"
#include "common/rpc/probe.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/impl/client_unary_call.h"
#include "grpcpp/impl/rpc_method.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/byte_buffer.h"

namespace edudelta::rpc {
namespace {

constexpr absl::Duration kSelfCallEvery = absl::Milliseconds(400);
// Callers' bindings and error details are longer than gRPC's 8 KiB at times.
constexpr int kMaxHeaderBytes = 64 << 10;
// As long as an import or export may take (the gateway's EDUDELTA_GATEWAY_STREAM_TIMEOUT).
constexpr absl::Duration kLongestStream = absl::Minutes(30);

// Calls Health.Check, which touches no worker, no log and no metric of ours.
class SelfCall {
 public:
  explicit SelfCall(std::shared_ptr<grpc::Channel> channel)
      : channel_(std::move(channel)), thread_([this] { Run(); }) {}
  ~SelfCall() {
    {
      absl::MutexLock lock(&mutex_);
      stop_ = true;
    }
    thread_.join();
  }

 private:
  void Run() {
    const grpc::internal::RpcMethod check(kHealthCheck, grpc::internal::RpcMethod::NORMAL_RPC);
    const grpc::Slice nothing;
    const grpc::ByteBuffer request(&nothing, 1);
    while (!StopsWithin(kSelfCallEvery)) {
      grpc::ClientContext context;
      context.set_deadline(absl::ToChronoTime(absl::Now() + kSelfCallEvery));
      grpc::ByteBuffer response;
      grpc::internal::BlockingUnaryCall(channel_.get(), check, &context, request, &response);
    }
  }

  bool StopsWithin(absl::Duration pause) {
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(&stop_), pause);
  }

  std::shared_ptr<grpc::Channel> channel_;
  absl::Mutex mutex_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

class CallbackServer final : public Server {
 public:
  CallbackServer(std::unique_ptr<grpc::Server> server, int port, const Options& options, const log::Logger& logger)
      : server_(std::move(server)),
        port_(port),
        drain_delay_(options.drain_delay),
        drain_limit_(options.drain_limit),
        logger_(logger) {
    SetServing(false);
    self_call_ = std::make_unique<SelfCall>(server_->InProcessChannel({}));
  }
  ~CallbackServer() override { Drain(); }

  void SetServing(bool serving) override { server_->GetHealthCheckService()->SetServingStatus(serving); }

  void Drain() override {
    absl::MutexLock lock(&mutex_);
    if (drained_) return;
    drained_ = true;
    logger_.Info("drain_begins");
    server_->GetHealthCheckService()->Shutdown();
    absl::SleepFor(drain_delay_);
    self_call_.reset();
    server_->Shutdown(absl::ToChronoTime(absl::Now() + drain_limit_));
    logger_.Info("drain_ended");
  }

  int port() const override { return port_; }

  std::shared_ptr<grpc::Channel> InProcessChannel() override {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMaxHeaderBytes);
    return server_->InProcessChannel(arguments);
  }

 private:
  std::unique_ptr<grpc::Server> server_;
  const int port_;
  const absl::Duration drain_delay_;
  const absl::Duration drain_limit_;
  const log::Logger& logger_;
  std::unique_ptr<SelfCall> self_call_;
  absl::Mutex mutex_;
  bool drained_ ABSL_GUARDED_BY(mutex_) = false;
};

// gRPC replaces a socket file even when another process listens on it.
absl::Status CheckUnixPath(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof(name.sun_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the socket path ", path, " is longer than ", sizeof(name.sun_path) - 1, " bytes"));
  }
  std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool taken = fd >= 0 && connect(fd, reinterpret_cast<sockaddr*>(&name), sizeof(name)) == 0;
  if (fd >= 0) close(fd);
  if (taken) return absl::AlreadyExistsError(absl::StrCat("another process listens on ", path));
  return absl::OkStatus();
}

absl::Status CheckOptions(const Server::Options& options) {
  if (options.unix_path.empty() && options.address.empty()) {
    return absl::InvalidArgumentError("the server has no address");
  }
  if (!options.address.empty() && !options.tls.enabled() && !options.allow_plaintext && !IsLoopback(options.address)) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.address, " is not loopback: it needs TLS, or plaintext allowed in so many words"));
  }
  return options.unix_path.empty() ? absl::OkStatus() : CheckUnixPath(options.unix_path);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Options& options,
                                                      const std::vector<grpc::Service*>& services,
                                                      const log::Logger& logger) {
  RETURN_IF_ERROR(CheckOptions(options));
  internal::KeepLibrary();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  int port = 0;
  if (!options.unix_path.empty()) {
    builder.AddListeningPort(absl::StrCat("unix:", options.unix_path), grpc::InsecureServerCredentials());
  }
  if (!options.address.empty()) {
    std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
    if (options.tls.enabled()) {
      ASSIGN_OR_RETURN(credentials, MakeServerCredentials(options.tls));
    }
    builder.AddListeningPort(options.address, credentials, &port);
  }
  for (grpc::Service* service : services) builder.RegisterService(service);
  builder.SetMaxReceiveMessageSize(static_cast<int>(kLargestMessage));
  builder.SetMaxSendMessageSize(static_cast<int>(kLargestMessage));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxHeaderBytes);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Clients of several servers look for new ones only when they connect.
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                             static_cast<int>(absl::ToInt64Milliseconds(options.connection_age)));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                             static_cast<int>(absl::ToInt64Milliseconds(kLongestStream)));
  // Reflection alone is synchronous.
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MAX_POLLERS, 1);

  const mode_t before = umask(0077);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  umask(before);
  if (server == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", options.unix_path, options.unix_path.empty() ? "" : " ", options.address));
  }
  return std::make_unique<CallbackServer>(std::move(server), port, options, logger);
}

}  // namespace edudelta::rpc
