#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/log/log.h"
#include "common/metrics/registry.h"
#include "common/rpc/call.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"

namespace google::protobuf {
class Descriptor;
class Message;
class ServiceDescriptor;
}  // namespace google::protobuf

namespace edudelta::rpc {

namespace internal {
class Core;
class Stream;
struct Running;
}  // namespace internal

// A call whose reactor is its own: one that waits for long and must not hold a worker. The frame has read its caller and
// counted its start. Not thread-safe; must not outlive the frame.
class Admission {
 public:
  Admission(internal::Core& core, grpc::CallbackServerContext* context, const google::protobuf::Descriptor* request);
  ~Admission();

  // UNAUTHENTICATED when the caller cannot be believed; then Finish with it.
  const absl::Status& status() const { return status_; }
  const Call& call() const;
  // Counts and logs the end, once; what the reactor finishes with.
  grpc::Status Finish(const absl::Status& status) const;

 private:
  internal::Core& core_;
  std::unique_ptr<internal::Running> running_;
  absl::Status status_;
};

// The frame around every RPC: Call from metadata, deadline, worker pool, catch-all, status, metrics, one log line.
// Handlers run on a bounded pool because the database driver blocks; a full queue answers RESOURCE_EXHAUSTED (reason
// OVERLOADED) at once, and work whose deadline has passed is dropped before it starts. Streams run on their own few
// workers, at most one piece of work per stream at a time, and read or write one message ahead of nothing: a slow peer
// slows its own stream. When a call has ended, in its log line too, nothing of it runs any more: what the handlers hold
// goes first, and waits for its own. Thread-safe. Must outlive the server.
class Frame {
 public:
  struct Options {
    int workers = 6;
    int queue = 256;
    int stream_workers = 2;
    // Streams open at a time; one more is answered OVERLOADED.
    int streams = 64;
    // A call ends at the earlier of its caller's deadline and this one.
    absl::Duration default_deadline = absl::Seconds(30);
    absl::Duration stream_deadline = absl::Minutes(30);
    // The suffix of the error domain: "planning" -> "planning.edudelta".
    std::string service;
    // Every service that is served; a request type that two methods share ends the process.
    std::vector<const google::protobuf::ServiceDescriptor*> services;
    // Takes identities from a peer without TLS only over a Unix socket.
    bool trust_unix_peers = true;
    // Common names of TLS peers that are believed ("gateway", "planning").
    std::vector<std::string> trusted_names;
  };
  Frame(Options options, metrics::Registry& registry, const log::Logger& logger, const Clock& clock);
  ~Frame();

  using Work = std::function<absl::Status(const Call&)>;
  // The method is found by the request's type, which is unique per method.
  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context, const google::protobuf::Message* request,
                                  google::protobuf::Message* response, Work work);

  // Client streaming: `each` for every message in order, then `finish`, which fills the response. A failing `each` ends
  // the call. `finish` is not called when the client is known to have cancelled; a client that vanishes in the very
  // moment may look like one that finished, so what must be whole says so in its messages.
  template <typename Request>
  grpc::ServerReadReactor<Request>* Read(grpc::CallbackServerContext* context,
                                         std::function<absl::Status(const Call&, const Request&)> each,
                                         std::function<absl::Status(const Call&)> finish);

  // Server streaming: `next` fills one (cleared) message; false ends the stream without sending it. `request` lives as
  // long as the call.
  template <typename Response>
  grpc::ServerWriteReactor<Response>* Write(grpc::CallbackServerContext* context,
                                            const google::protobuf::Message* request,
                                            std::function<absl::StatusOr<bool>(const Call&, Response*)> next);

  std::unique_ptr<Admission> Admit(grpc::CallbackServerContext* context, const google::protobuf::Message& request);

  // Ends the queues: accepted work finishes, new work is refused UNAVAILABLE. After the server's own drain.
  void Drain();

 private:
  std::unique_ptr<internal::Core> core_;
};

namespace internal {

// What a stream's reactor can do, without its message type.
class StreamPort {
 public:
  virtual ~StreamPort() = default;
  // Starts to read or write the one message.
  virtual void Transfer() = 0;
  // Drops the handlers and what they hold; none of them runs.
  virtual void Release() = 0;
  virtual void End(const grpc::Status& status) = 0;
};

// What reading and writing streams share. `port` owns it.
class Stream {
 public:
  // True: go on. False: the end, well.
  using Step = std::function<absl::StatusOr<bool>()>;

  Stream(Core& core, grpc::CallbackServerContext* context, const google::protobuf::Descriptor* request,
         StreamPort* port);
  ~Stream();

  // Whether the call was admitted; otherwise it has ended. The first thing to ask.
  bool Open();
  // Takes the step on a stream worker; then transfers, or ends the call. Nothing of the stream may be touched after it.
  void Run(Step step);
  void Cancel();
  void Broken();
  const Call& call() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

template <typename Request>
class ReadReactor final : public grpc::ServerReadReactor<Request>, private StreamPort {
 public:
  ReadReactor(Core& core, grpc::CallbackServerContext* context,
              std::function<absl::Status(const Call&, const Request&)> each,
              std::function<absl::Status(const Call&)> finish)
      : each_(std::move(each)), finish_(std::move(finish)), stream_(core, context, Request::descriptor(), this) {}
  void Begin() {
    if (stream_.Open()) Transfer();
  }
  void OnReadDone(bool ok) override {
    stream_.Run([this, ok]() -> absl::StatusOr<bool> {
      RETURN_IF_ERROR(ok ? each_(stream_.call(), message_) : finish_(stream_.call()));
      return ok;
    });
  }
  void OnCancel() override { stream_.Cancel(); }
  void OnDone() override { delete this; }

 private:
  void Transfer() override { this->StartRead(&message_); }
  void Release() override {
    each_ = nullptr;
    finish_ = nullptr;
  }
  void End(const grpc::Status& status) override { this->Finish(status); }

  std::function<absl::Status(const Call&, const Request&)> each_;
  std::function<absl::Status(const Call&)> finish_;
  Request message_;
  Stream stream_;
};

template <typename Response>
class WriteReactor final : public grpc::ServerWriteReactor<Response>, private StreamPort {
 public:
  WriteReactor(Core& core, grpc::CallbackServerContext* context, const google::protobuf::Descriptor* request,
               std::function<absl::StatusOr<bool>(const Call&, Response*)> next)
      : next_(std::move(next)), stream_(core, context, request, this) {}
  void Begin() {
    if (stream_.Open()) Next();
  }
  void OnWriteDone(bool ok) override { ok ? Next() : stream_.Broken(); }
  void OnCancel() override { stream_.Cancel(); }
  void OnDone() override { delete this; }

 private:
  void Next() {
    stream_.Run([this] {
      message_.Clear();
      return next_(stream_.call(), &message_);
    });
  }
  void Transfer() override { this->StartWrite(&message_); }
  void Release() override { next_ = nullptr; }
  void End(const grpc::Status& status) override { this->Finish(status); }

  std::function<absl::StatusOr<bool>(const Call&, Response*)> next_;
  Response message_;
  Stream stream_;
};

const google::protobuf::Descriptor* TypeOf(const google::protobuf::Message& message);

}  // namespace internal

template <typename Request>
grpc::ServerReadReactor<Request>* Frame::Read(grpc::CallbackServerContext* context,
                                              std::function<absl::Status(const Call&, const Request&)> each,
                                              std::function<absl::Status(const Call&)> finish) {
  auto* reactor = new internal::ReadReactor<Request>(*core_, context, std::move(each), std::move(finish));
  reactor->Begin();
  return reactor;
}

template <typename Response>
grpc::ServerWriteReactor<Response>* Frame::Write(grpc::CallbackServerContext* context,
                                                 const google::protobuf::Message* request,
                                                 std::function<absl::StatusOr<bool>(const Call&, Response*)> next) {
  auto* reactor = new internal::WriteReactor<Response>(*core_, context, internal::TypeOf(*request), std::move(next));
  reactor->Begin();
  return reactor;
}

}  // namespace edudelta::rpc
