#pragma once

#include <functional>
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
  // "unix:/run/edudelta/teachers.sock", "host:port", or several servers: "dns:///name:port", which is asked for all
  // its addresses, or "ipv4:10.0.0.1:7443,10.0.0.2:7443". Of several each gets its turn, as long as it is SERVING.
  std::string address = {};
  // Needed beyond loopback.
  TlsFiles tls = {};
  // The name in the peer's certificate when it is not the host.
  std::string tls_name = {};
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

  // What the peer says that its answer shows. Not before the first message or the end.
  Shown shown() const;

 private:
  grpc::ClientContext context_;
};

// Blocks until the answer or the deadline. Statuses come with the peer's payloads; when the peer gave none (it is not
// there, it is too slow), reason SERVICE_UNAVAILABLE or SERVICE_TIMEOUT.
absl::Status Invoke(grpc::ChannelInterface& channel, const google::protobuf::MethodDescriptor& method, Context& context,
                    const google::protobuf::Message& request, google::protobuf::Message* response);

// The same without blocking: `done` gets what Invoke returns, on a thread of gRPC's or at once. `request` need not
// outlive the call of this; the others live until `done`.
void InvokeAsync(grpc::ChannelInterface& channel, const google::protobuf::MethodDescriptor& method, Context& context,
                 const google::protobuf::Message& request, google::protobuf::Message* response,
                 std::function<void(absl::Status)> done);

// A client stream. Blocks; for one thread. It must be finished before it goes.
class UploadCall {
 public:
  // All outlive the call.
  UploadCall(grpc::ChannelInterface& channel, const google::protobuf::MethodDescriptor& method, Context& context);
  ~UploadCall();
  // False when the peer takes no more; then Finish says why.
  bool Add(const google::protobuf::Message& request);
  // Statuses as those of Invoke. Once, at the end.
  absl::Status Finish(google::protobuf::Message* response);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A server stream. Blocks; for one thread. It must be finished before it goes.
class DownloadCall {
 public:
  // `context` outlives the call.
  DownloadCall(grpc::ChannelInterface& channel, const google::protobuf::MethodDescriptor& method, Context& context,
               const google::protobuf::Message& request);
  ~DownloadCall();
  // False after the last one; then Finish says how it ended.
  bool Next(google::protobuf::Message* response);
  // Statuses as those of Invoke; DATA_LOSS when an answer was no such message, which ends the call. Once, at the end.
  absl::Status Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// FromGrpc, and a reason and a text of ours for what the transport itself reports; its own words are kept in no error
// but INTERNAL, where they are for the log alone (errors.h). FAILED_PRECONDITION, reason MESSAGE_TOO_LARGE, for what
// does not fit into a message: it would not the next time either. Not for calls this side may cancel: CANCELLED from
// the transport is what a peer that shuts down answers, and becomes UNAVAILABLE.
absl::Status FromPeer(const grpc::Status& status);

}  // namespace edudelta::rpc
