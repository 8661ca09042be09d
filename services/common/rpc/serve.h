#pragma once

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/metrics/registry.h"
#include "common/rpc/call.h"
#include "grpcpp/grpcpp.h"

namespace edudelta::rpc {

class WorkerPool;

// The frame around every RPC: Call from metadata, deadline, worker pool, catch-all, status, metrics, one log line.
// Handlers run on a bounded pool because the database driver blocks; a full queue answers RESOURCE_EXHAUSTED (reason
// OVERLOADED) at once, and work whose deadline has passed is dropped before it starts. Streams run on their own few
// workers. Thread-safe.
class Frame {
 public:
  struct Options {
    int workers = 6;
    int queue = 256;
    int stream_workers = 2;
    // Applied when the caller gave none.
    absl::Duration default_deadline = absl::Seconds(30);
    // The suffix of the error domain: "planning" -> "planning.edudelta".
    std::string service;
    // Takes identities from a peer without TLS only over a Unix socket.
    bool trust_unix_peers = true;
    // Common names of TLS peers that are believed ("gateway", "planning").
    std::vector<std::string> trusted_names;
  };
  Frame(Options options, metrics::Registry& registry, const Clock& clock);
  ~Frame();

  using Work = std::function<absl::Status(const Call&)>;
  // The method is found by the request's type, which is unique per method.
  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context, const google::protobuf::Message* request,
                                  google::protobuf::Message* response, Work work);

  // Client streaming: `each` for every message in order, then `finish`. A failing `each` ends the call.
  template <typename Request>
  grpc::ServerReadReactor<Request>* Read(grpc::CallbackServerContext* context,
                                         std::function<absl::Status(const Call&, const Request&)> each,
                                         std::function<absl::Status(const Call&)> finish);

  // Server streaming: `next` fills one message; false ends the stream. `request` lives as long as the call.
  template <typename Response>
  grpc::ServerWriteReactor<Response>* Write(grpc::CallbackServerContext* context,
                                            const google::protobuf::Message* request,
                                            std::function<absl::StatusOr<bool>(const Call&, Response*)> next);

  // Ends the queue: running work finishes, new work is refused UNAVAILABLE.
  void Drain();
};

}  // namespace edudelta::rpc
