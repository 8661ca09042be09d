#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/log/log.h"
#include "common/metrics/registry.h"
#include "common/rpc/call.h"
#include "grpcpp/support/status.h"

namespace google::protobuf {
class MethodDescriptor;
}

namespace grpc {
class CallbackServerContext;
}

namespace edudelta::rpc {

namespace internal {
class Core;
struct Running;
}  // namespace internal

// A call whose reactor is its own: one that waits for long and must not hold a worker. The frame has read its caller
// and counted its start. Not thread-safe; must not outlive the frame.
class Admission {
 public:
  Admission(const internal::Core& core, const google::protobuf::MethodDescriptor& method,
            grpc::CallbackServerContext* context);
  ~Admission();

  // UNAUTHENTICATED when the caller cannot be believed; then Finish with it.
  const absl::Status& status() const { return status_; }
  const Call& call() const;
  // Counts and logs the end, once; what the reactor finishes with.
  grpc::Status Finish(const absl::Status& status) const;

 private:
  const internal::Core& core_;
  std::unique_ptr<internal::Running> running_;
  absl::Status status_;
};

// The frame around every RPC: Call from metadata, deadline, worker pool, catch-all, status, metrics, one log line.
// Handlers run on a bounded pool because the database driver blocks; a full queue answers RESOURCE_EXHAUSTED (reason
// OVERLOADED) at once, before the request is read, and work whose deadline has passed is dropped before
// it starts. Those who call take turns, and one has half of the workers and of the queue at most (worker_pool.h).
// Streams run on their own few workers, at most one piece of work per stream at a time, and read or write one message
// ahead of nothing: a slow peer slows its own stream. When a call has ended, in its log line too, nothing of it runs
// any more: what the handlers hold goes first, and waits for its own. Thread-safe. Must outlive the server.
class Frame {
 public:
  struct Options {
    int workers = 6;
    int queue = 256;
    int stream_workers = 2;
    // Streams open at a time, of one caller half of them; one more is answered OVERLOADED.
    int streams = 64;
    // A call ends at the earlier of its caller's deadline and this one.
    absl::Duration default_deadline = absl::Seconds(30);
    absl::Duration stream_deadline = absl::Minutes(30);
    // Of the calls that end well one in so many leaves a line in the log: log/call_choice.h.
    int log_one_call_in = 1;
    // The suffix of the error domain: "planning" -> "planning.edudelta".
    std::string service = {};
    // Takes identities from a peer without TLS only over a Unix socket.
    bool trust_unix_peers = true;
    // Common names of TLS peers that are believed ("gateway", "planning").
    std::vector<std::string> trusted_names = {};
  };
  Frame(Options options, metrics::Registry& registry, const log::Logger& logger, const Clock& clock);
  ~Frame();

  // `method` is one of a DescribedService inside this frame.
  std::unique_ptr<Admission> Admit(const google::protobuf::MethodDescriptor& method,
                                   grpc::CallbackServerContext* context) const;

  // Ends the queues: accepted work finishes, new work is refused UNAVAILABLE. After the server's own drain.
  void Drain();

  // For DescribedService.
  internal::Core& core() { return *core_; }

 private:
  std::unique_ptr<internal::Core> core_;
};

}  // namespace edudelta::rpc
