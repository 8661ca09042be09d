#include "tests/bench/calls.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/rpc/trace.h"
#include "edudelta/facilities/v1/room.pb.h"
#include "edudelta/feed/v1/feed.pb.h"
#include "edudelta/planning/v1/school.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"
#include "grpcpp/impl/client_unary_call.h"
#include "grpcpp/impl/rpc_method.h"
#include "grpcpp/support/byte_buffer.h"

namespace edudelta::bench {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

constexpr absl::Duration kPatience = absl::Minutes(20);

void Require(const absl::Status& status, absl::string_view path) {
  if (!status.ok()) throw std::runtime_error(absl::StrCat(path, ": ", status.ToString()));
}

// A running call of Begin.
struct Running {
  Running(const call::v1::Caller& caller, absl::string_view traceparent, const MethodDescriptor& method)
      : context(caller, absl::Now() + absl::Seconds(20), traceparent), response(Calls::New(method.output_type())) {}

  rpc::Context context;
  std::unique_ptr<Message> response;
};

}  // namespace

Calls::Calls(const std::string& address) : traceparent_(rpc::ContinueTrace("").traceparent) {
  auto channel = rpc::Connect({.address = address});
  Require(channel.status(), address);
  channel_ = *channel;
  caller_.set_principal("organizations/bench/users/clerk");
  caller_.set_kind(call::v1::Caller::KIND_USER);
  for (const auto role : {options::v1::ROLE_BUREAU_CLERK, options::v1::ROLE_SUPERVISOR, options::v1::ROLE_AUDITOR}) {
    auto* binding = caller_.add_bindings();
    binding->set_role(role);
    binding->set_prefix("*");
  }
}

const MethodDescriptor& Calls::Method(absl::string_view path) {
  // Named, so that the linker keeps the descriptors of these packages.
  for (const auto* type : {planning::v1::School::descriptor(), teachers::v1::Teacher::descriptor(),
                           facilities::v1::Room::descriptor(), feed::v1::Event::descriptor()}) {
    if (type == nullptr) throw std::runtime_error("a package has no descriptor");
  }
  const std::pair<std::string, std::string> parts = absl::StrSplit(path, '/');
  const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(parts.first);
  const auto* method = service == nullptr ? nullptr : service->FindMethodByName(parts.second);
  if (method == nullptr) throw std::runtime_error(absl::StrCat("no method ", path));
  return *method;
}

std::unique_ptr<Message> Calls::New(const google::protobuf::Descriptor* type) {
  return std::unique_ptr<Message>(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

std::unique_ptr<Message> Calls::Invoke(absl::string_view path, const Message& request) {
  const MethodDescriptor& method = Method(path);
  rpc::Context context(caller_, absl::Now() + kPatience, traceparent_);
  auto response = New(method.output_type());
  Require(rpc::Invoke(*channel_, method, context, request, response.get()), path);
  return response;
}

void Calls::Begin(const MethodDescriptor& method, const Message& request, std::function<void(bool ok)> done) {
  auto running = std::make_shared<Running>(caller_, traceparent_, method);
  rpc::InvokeAsync(*channel_, method, running->context, request, running->response.get(),
                   [running, done = std::move(done)](const absl::Status& status) { done(status.ok()); });
}

bool Calls::Serving() {
  const auto ask = [this](grpc::ByteBuffer* answer) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
    const grpc::internal::RpcMethod rpc("/grpc.health.v1.Health/Check", grpc::internal::RpcMethod::NORMAL_RPC);
    const grpc::Slice empty;
    const grpc::ByteBuffer request(&empty, 1);
    return grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(channel_.get(), rpc, &context, request,
                                                                                 answer);
  };
  // HealthCheckResponse{status: SERVING} as bytes; the messages of the health service have no generated code here.
  grpc::ByteBuffer answer;
  grpc::Slice slice;
  if (!ask(&answer).ok() || !answer.TrySingleSlice(&slice).ok()) return false;
  return std::string(slice.begin(), slice.end()) == "\x08\x01";
}

void Calls::Export(absl::string_view path, const Message& request, const std::function<void(const Message&)>& page) {
  const MethodDescriptor& method = Method(path);
  rpc::Context context(caller_, absl::Now() + kPatience, traceparent_);
  rpc::DownloadCall call(*channel_, method, context, request);
  const auto response = New(method.output_type());
  while (call.Next(response.get())) page(*response);
  Require(call.Finish(), path);
}

resource::v1::ImportResponse Calls::Import(absl::string_view path,
                                           const std::vector<std::unique_ptr<Message>>& requests) {
  rpc::Context context(caller_, absl::Now() + kPatience, traceparent_);
  rpc::UploadCall call(*channel_, Method(path), context);
  for (const auto& request : requests) {
    if (!call.Add(*request)) break;
  }
  resource::v1::ImportResponse response;
  Require(call.Finish(&response), path);
  return response;
}

}  // namespace edudelta::bench
