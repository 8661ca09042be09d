#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/rpc/call.h"
#include "common/rpc/errors.h"
#include "common/rpc/tls.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"

namespace google::protobuf {
class Message;
class MethodDescriptor;
}  // namespace google::protobuf

namespace edudelta::rpc {

struct PeerOptions {
  // "unix:/run/edudelta/teachers.sock" or "host:port".
  std::string address = {};
  // Needed for host:port beyond loopback.
  TlsFiles tls = {};
  // The name in the peer's certificate when it is not the host.
  std::string tls_name = {};
  int max_message_bytes = 16 << 20;
};

// Connects lazily and again by itself, at least once a second. INVALID_ARGUMENT for bad options.
absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const PeerOptions& options);

// The identity of service `own` ("planning"): "services/planning" with ROLE_SERVICE everywhere.
call::v1::Caller ServiceCaller(absl::string_view own);

// What one outgoing call carries: deadline, identity, trace. For one call only.
class Context {
 public:
  // As `caller` itself (the gateway). `traceparent` may be empty.
  Context(const call::v1::Caller& caller, absl::Time deadline, absl::string_view traceparent);
  // As service `own` on behalf of the caller of `call`, with its purpose, trace and deadline.
  Context(absl::string_view own, const Call& call);

  grpc::ClientContext* get() { return &context_; }

 private:
  grpc::ClientContext context_;
};

// Blocks until the answer or the deadline. Statuses come with the peer's payloads; when the peer gave none (it is not
// there, it is too slow), reason SERVICE_UNAVAILABLE or SERVICE_TIMEOUT.
absl::Status Invoke(grpc::ChannelInterface& channel, const google::protobuf::MethodDescriptor& method,
                    Context& context, const google::protobuf::Message& request, google::protobuf::Message* response);

// FromGrpc, and a reason for what the transport itself reports. Not for calls this side may cancel: CANCELLED from the
// transport is what a peer that shuts down answers, and becomes UNAVAILABLE.
absl::Status FromPeer(const grpc::Status& status);

// The same over a generated stub:
//   Invoke(context, stub, &TeacherService::StubInterface::GetTeacher, request, &response)
template <typename Stub, typename Base, typename Request, typename Response>
absl::Status Invoke(Context& context, Stub& stub,
                    grpc::Status (Base::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
  return FromPeer((stub.*method)(context.get(), request, response));
}

}  // namespace edudelta::rpc
