#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "common/rpc/serve.h"
#include "common/rpc/worker_pool.h"
#include "grpcpp/support/status.h"

namespace prometheus {
class Histogram;
}

namespace edudelta::rpc::internal {

// One method's series, resolved at start so that a call looks nothing up.
struct Method {
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  // "edudelta.feed.v1.FeedService/ListEvents"
  std::string path;
  prometheus::Counter* started = nullptr;
  std::array<prometheus::Counter*, 17> handled = {};
  prometheus::Histogram* seconds = nullptr;
};

// One call between its start and its answer.
struct Running {
  const Method* method = nullptr;
  Call call;
  absl::Time started;
};

// What unary calls and streams share. Thread-safe.
class Core {
 public:
  Core(Frame::Options options, metrics::Registry& registry, const log::Logger& logger, const Clock& clock);

  // Counts the start and fills `running`. UNAUTHENTICATED when the caller cannot be believed.
  absl::Status Start(grpc::CallbackServerContext* context, const google::protobuf::Descriptor* request,
                     absl::Duration limit, Running* running) const;

  // CANCELLED or DEADLINE_EXCEEDED when nobody waits for the answer any more.
  absl::Status StillWanted(const Running& running, bool cancelled) const;

  // Runs `work`; what it throws becomes INTERNAL and a log line.
  absl::StatusOr<bool> Guard(const Running& running, const Stream::Step& work) const;

  // Counts and logs the end; the status to answer with.
  grpc::Status Finish(const Running& running, const absl::Status& status) const;

  bool OpenStream();
  void CloseStream() { streams_.fetch_sub(1); }

  const Frame::Options& options() const { return options_; }
  WorkerPool& workers() { return workers_; }
  WorkerPool& stream_workers() { return stream_workers_; }

 private:
  void AddMethod(const google::protobuf::MethodDescriptor* descriptor, metrics::Registry& registry);
  absl::Status ReadCaller(const grpc::CallbackServerContext& context, Call* call) const;
  bool IsTrusted(const grpc::CallbackServerContext& context) const;

  const Frame::Options options_;
  const log::Logger& logger_;
  const Clock& clock_;
  absl::flat_hash_map<const google::protobuf::Descriptor*, Method> methods_;
  Method unknown_;
  std::atomic<int> streams_{0};
  WorkerPool workers_;
  WorkerPool stream_workers_;
};

// Why the pool took no work.
absl::Status Refusal(WorkerPool::Answer answer);

}  // namespace edudelta::rpc::internal
