#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "absl/status/statusor.h"
#include "common/rpc/serve.h"
#include "common/rpc/stream_places.h"
#include "common/rpc/worker_pool.h"
#include "grpcpp/support/status.h"

namespace google::protobuf {
class Message;
}

namespace prometheus {
class Counter;
class Histogram;
}  // namespace prometheus

namespace edudelta::rpc::internal {

// One method's messages and series, resolved at start so that a call looks nothing up.
struct Method {
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  // To make more of.
  const google::protobuf::Message* request = nullptr;
  const google::protobuf::Message* response = nullptr;
  // The request's id, if it has one.
  const google::protobuf::FieldDescriptor* request_id = nullptr;
  // The suite's processes call it all the time (options.Method.internal).
  bool internal = false;
  // "edudelta.feed.v1.FeedService/ListEvents"
  std::string path;
  prometheus::Counter* started = nullptr;
  // Those that what watches us asks for when there are none yet; the others are made when they are first needed.
  std::array<prometheus::Counter*, 17> handled = {};
  prometheus::Histogram* seconds = nullptr;
};

// One call between its start and its answer.
struct Running {
  const Method* method = nullptr;
  Call call;
  absl::Time started;
  // Of `call`.
  Shown shown = Shown::kUnsaid;
};

// What unary calls and streams share. Thread-safe.
class Core {
 public:
  Core(Frame::Options options, metrics::Registry& registry, const log::Logger& logger, const Clock& clock);

  // Before the server starts. Twice is once.
  const Method* AddMethod(const google::protobuf::MethodDescriptor& descriptor);
  // Precondition: it was added.
  const Method& MethodOf(const google::protobuf::MethodDescriptor& descriptor) const {
    return methods_.at(&descriptor);
  }

  // Counts the start and fills `running`, but for the caller.
  void Start(const grpc::CallbackServerContext& context, const Method& method, absl::Duration limit,
             Running* running) const;

  // UNAUTHENTICATED when the caller cannot be believed: reason PEER_NOT_TRUSTED for a peer that is none of ours,
  // CALLER_NOT_OF_PEER for an identity that this peer may not present.
  absl::Status ReadCaller(const grpc::CallbackServerContext& context, Call* call) const;

  // CANCELLED or DEADLINE_EXCEEDED when nobody waits for the answer any more.
  absl::Status StillWanted(const Running& running, bool cancelled) const;

  // Runs `work`; what it throws becomes INTERNAL and a log line.
  using Step = std::function<absl::StatusOr<bool>()>;
  absl::StatusOr<bool> CatchAll(const Running& running, const Step& work) const;

  // Counts and logs the end; the status to answer with.
  grpc::Status Finish(const Running& running, const absl::Status& status) const;

  // Held as long as the stream is open; null when there are as many as there may be, or its owner has half of them. The
  // owner "" has no share.
  std::shared_ptr<void> OpenStream(const std::string& owner);

  const Frame::Options& options() const { return options_; }
  WorkerPool& workers() { return workers_; }
  WorkerPool& stream_workers() { return stream_workers_; }

 private:
  // Who a peer is by its transport: itself by the names in its certificate, or some process of this machine.
  struct Peer {
    bool local = false;
    std::vector<std::string> names;
  };
  Peer PeerOf(const grpc::CallbackServerContext& context) const;

  const Frame::Options options_;
  metrics::Registry& registry_;
  const log::Logger& logger_;
  const Clock& clock_;
  absl::node_hash_map<const google::protobuf::MethodDescriptor*, Method> methods_;
  std::atomic<int> streams_{0};
  StreamPlaces places_;
  WorkerPool workers_;
  WorkerPool stream_workers_;
};

// Writes the id of a request as all of the service compares it: UUIDs are the same in either case.
void MakeRequestIdCanonical(const Method& method, google::protobuf::Message* request);

// OK, or why the pool took no work.
absl::Status Refusal(WorkerPool::Answer answer);

}  // namespace edudelta::rpc::internal
