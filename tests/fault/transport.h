#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "edudelta/call/v1/call.pb.h"
#include "google/protobuf/message.h"
#include "grpcpp/channel.h"

namespace edudelta::fault {

struct Actor {
  call::v1::Caller caller;
  // Where callers show who they are.
  std::string token;
};

// How a client reaches the services. Thread-safe.
class Transport {
 public:
  virtual ~Transport() = default;

  // One attempt, with no more than `patience`. Statuses are those of rpc::Invoke; UNAVAILABLE also when the answer did
  // not come whole. The request of an import is the last message of its stream.
  virtual absl::Status Call(const Actor& actor, const google::protobuf::MethodDescriptor& method,
                            const google::protobuf::Message& request, absl::Duration patience,
                            google::protobuf::Message* response) const = 0;
};

// Counts the answers with one reason. `way` outlives it.
class Watch final : public Transport {
 public:
  Watch(const Transport& way, std::string reason) : way_(way), reason_(std::move(reason)) {}

  absl::Status Call(const Actor& actor, const google::protobuf::MethodDescriptor& method,
                    const google::protobuf::Message& request, absl::Duration patience,
                    google::protobuf::Message* response) const override;
  int count() const { return count_; }

 private:
  const Transport& way_;
  const std::string reason_;
  mutable std::atomic<int> count_ = 0;
};

// gRPC to the services themselves; `channel` gives the one of a service by name.
std::unique_ptr<Transport> MakeDirect(
    std::function<std::shared_ptr<grpc::Channel>(const std::string& service)> channel);
// HTTP to the gateway on a port of this machine: rows in JSON, imports in NDJSON, the request id as Idempotency-Key or
// as a field, the etag as If-Match.
std::unique_ptr<Transport> MakeRest(int port);

}  // namespace edudelta::fault
