#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/client.h"
#include "google/protobuf/message.h"
#include "grpcpp/generic/generic_stub.h"

namespace edudelta::gateway::forward {

// The services behind the gateway, by name ("planning" serves package edudelta.planning.v1). Asks each every 400 ms
// whether it is SERVING, which also keeps gRPC 1.51's callback threads awake (see rpc/server.h). Thread-safe.
class Backends {
 public:
  static absl::StatusOr<std::unique_ptr<Backends>> Connect(const std::map<std::string, rpc::PeerOptions>& peers);
  ~Backends();

  // Null when the service is not known.
  std::shared_ptr<grpc::Channel> ChannelOf(const std::string& service) const;

  // Until when a call may wait for the service to come back: five seconds from its last SERVING. It is being
  // replaced; one that is away for longer is told of at once.
  absl::Time WaitsUntil(const std::string& service) const;

  // Service by service: whether its last answer was SERVING.
  std::map<std::string, bool> Serving() const;

 private:
  struct Peer;
  struct Prober;

  Backends();
  std::map<std::string, std::unique_ptr<Peer>> peers_;
  std::unique_ptr<Prober> prober_;
};

// "/edudelta.planning.v1.PlanningService/GetSchool"
std::string PathOf(const google::protobuf::MethodDescriptor* method);

grpc::ByteBuffer ToBuffer(const google::protobuf::Message& message);
// The bytes in one piece, copied only when they came in several; `slice` keeps them. Nothing when they cannot be read.
std::optional<absl::string_view> BytesOf(const grpc::ByteBuffer& buffer, grpc::Slice* slice);
// INTERNAL when the bytes are no such message.
absl::Status FromBuffer(grpc::ByteBuffer* buffer, google::protobuf::Message* message);

// A new message of that type.
std::unique_ptr<google::protobuf::Message> NewMessage(const google::protobuf::Descriptor* type);

// One streaming call, driven by one thread that blocks; Cancel from any. `context` outlives it.
class BackendStream {
 public:
  BackendStream(const std::shared_ptr<grpc::Channel>& channel, const std::string& path, grpc::ClientContext* context);
  // Cancels what has not been finished.
  ~BackendStream();

  // False when the call has ended; Finish says why.
  bool Write(const google::protobuf::Message& message);
  void WritesDone();
  bool Read(google::protobuf::Message* message);
  absl::Status Finish();
  void Cancel() { context_->TryCancel(); }

 private:
  bool Wait();

  grpc::ClientContext* const context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  absl::Status broken_;
  bool finished_ = false;
};

}  // namespace edudelta::gateway::forward
