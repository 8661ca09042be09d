#include "common/rpc/probe.h"

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/rpc/client.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/impl/client_unary_call.h"
#include "grpcpp/impl/rpc_method.h"
#include "grpcpp/support/byte_buffer.h"

namespace edudelta::rpc {
namespace {

// An answer that takes longer is none.
constexpr absl::Duration kLimit = absl::Seconds(2);

absl::Status Ask(grpc::Channel& channel, Health health) {
  const grpc::internal::RpcMethod check(kHealthCheck, grpc::internal::RpcMethod::NORMAL_RPC);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kLimit));
  const grpc::Slice nothing;
  const grpc::ByteBuffer request(&nothing, 1);
  grpc::ByteBuffer response;
  const grpc::Status status = grpc::internal::BlockingUnaryCall(&channel, check, &context, request, &response);
  if (!status.ok()) return absl::UnavailableError(status.error_message());
  grpc::Slice slice;
  const bool serving = response.DumpToSingleSlice(&slice).ok() &&
                       absl::string_view(reinterpret_cast<const char*>(slice.begin()), slice.size()) == kServing;
  return health == Health::kLive || serving ? absl::OkStatus() : absl::UnavailableError("NOT_SERVING");
}

}  // namespace

absl::Status AskHealth(const std::string& address, Health health) {
  PeerOptions options;
  options.address = address;
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel, Connect(options));
  return Ask(*channel, health);
}

}  // namespace edudelta::rpc
