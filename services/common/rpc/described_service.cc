// The one place of the product that uses gRPC's entrance for generated services (grpc::Service and internal handlers
// over bytes), which is no stable API; client.cc is the one that uses the entrance of generated clients.
#include "common/rpc/described_service.h"

#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "common/rpc/core.h"
#include "common/rpc/reactor.h"
#include "common/rpc/serve.h"
#include "google/protobuf/message.h"
#include "grpcpp/impl/codegen/server_callback_handlers.h"
#include "grpcpp/impl/rpc_method.h"
#include "grpcpp/impl/rpc_service_method.h"
#include "grpcpp/impl/service_type.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

namespace edudelta::rpc {
namespace {

using google::protobuf::MethodDescriptor;
using grpc::ByteBuffer;
using ServerContext = grpc::CallbackServerContext;

grpc::internal::RpcMethod::RpcType TypeOf(const MethodDescriptor& method) {
  using grpc::internal::RpcMethod;
  if (method.client_streaming())
    return method.server_streaming() ? RpcMethod::BIDI_STREAMING : RpcMethod::CLIENT_STREAMING;
  return method.server_streaming() ? RpcMethod::SERVER_STREAMING : RpcMethod::NORMAL_RPC;
}

}  // namespace

class DescribedService::Table final : public grpc::Service {
 public:
  Table(const google::protobuf::ServiceDescriptor& descriptor, internal::Core& core) : core_(core) {
    for (int i = 0; i < descriptor.method_count(); ++i) {
      const MethodDescriptor& method = *descriptor.method(i);
      entries_.push_back(
          {absl::StrCat("/", descriptor.full_name(), "/", method.name()), core.AddMethod(method), false});
      AddMethod(new grpc::internal::RpcServiceMethod(entries_.back().path.c_str(), TypeOf(method), nullptr));
    }
  }

  bool answered(int index) const { return entries_[static_cast<size_t>(index)].answered; }

  void Unary(int index, Handler handler) {
    auto kept = std::make_shared<const Handler>(std::move(handler));
    const internal::Method& method = *entries_[static_cast<size_t>(index)].method;
    Own(index, [this, &method, kept](ServerContext* context, const ByteBuffer* request, ByteBuffer* response) {
      return internal::StartUnary(core_, method, *kept, context, request, response);
    });
  }

  void UnaryBatches(int index, BatchHandler handler) {
    const internal::Method& method = *entries_[static_cast<size_t>(index)].method;
    const auto waiting = std::make_shared<internal::WaitingCalls>(core_, method, std::move(handler));
    Own(index, [waiting](ServerContext* context, const ByteBuffer* request, ByteBuffer* response) {
      return waiting->Start(context, request, response);
    });
  }

  void Uploads(int index, std::function<std::unique_ptr<Upload>()> start) {
    const internal::Method& method = *entries_[static_cast<size_t>(index)].method;
    Answer(index, new grpc::internal::CallbackClientStreamingHandler<ByteBuffer, ByteBuffer>(
                      [this, &method, start = std::move(start)](ServerContext* context, ByteBuffer* response) {
                        return internal::StartUpload(core_, method, start, context, response);
                      }));
  }

  void Downloads(int index, std::function<std::unique_ptr<Download>(const Message&)> start) {
    const internal::Method& method = *entries_[static_cast<size_t>(index)].method;
    Answer(index, new grpc::internal::CallbackServerStreamingHandler<ByteBuffer, ByteBuffer>(
                      [this, &method, start = std::move(start)](ServerContext* context, const ByteBuffer* request) {
                        return internal::StartDownload(core_, method, start, context, request);
                      }));
  }

  template <typename Start>
  void Own(int index, Start start) {
    Answer(index, new grpc::internal::CallbackUnaryHandler<ByteBuffer, ByteBuffer>(std::move(start)));
  }
  template <typename Start>
  void OwnWriter(int index, Start start) {
    Answer(index, new grpc::internal::CallbackServerStreamingHandler<ByteBuffer, ByteBuffer>(std::move(start)));
  }

 private:
  struct Entry {
    std::string path;
    const internal::Method* method = nullptr;
    bool answered = false;
  };

  void Answer(int index, grpc::internal::MethodHandler* handler) {
    entries_[static_cast<size_t>(index)].answered = true;
    MarkMethodRawCallback(index, handler);
  }

  internal::Core& core_;
  // gRPC keeps pointers to the paths.
  std::deque<Entry> entries_;
};

DescribedService::DescribedService(const google::protobuf::ServiceDescriptor* descriptor, Frame& frame)
    : descriptor_(*descriptor), table_(std::make_unique<Table>(*descriptor, frame.core())) {}

DescribedService::~DescribedService() = default;

const MethodDescriptor* DescribedService::Find(absl::string_view method, Kind kind,
                                               const google::protobuf::Descriptor* request,
                                               const google::protobuf::Descriptor* response) {
  const auto refuse = [&](absl::string_view why) {
    problems_.push_back(absl::StrCat(method, ": ", why));
    return nullptr;
  };
  const MethodDescriptor* found = descriptor_.FindMethodByName(std::string(method));
  if (found == nullptr) return refuse("no such method");
  if (found->client_streaming() != (kind == Kind::kUpload) || found->server_streaming() != (kind == Kind::kDownload)) {
    return refuse("its handler is of another kind");
  }
  if ((request != nullptr && request != found->input_type()) ||
      (response != nullptr && response != found->output_type())) {
    return refuse("its handler has other types");
  }
  if (table_->answered(found->index())) return refuse("two handlers");
  return found;
}

void DescribedService::Answer(const MethodDescriptor* method, Handler handler) {
  table_->Unary(method->index(), std::move(handler));
}

void DescribedService::OnUnary(const MethodDescriptor* method, Handler handler) {
  const auto* found = Find(method->name(), Kind::kUnary, method->input_type(), method->output_type());
  if (found != nullptr) Answer(found, std::move(handler));
}

void DescribedService::OnUnaryBatch(const MethodDescriptor* method, BatchHandler handler) {
  const auto* found = Find(method->name(), Kind::kUnary, method->input_type(), method->output_type());
  if (found != nullptr) table_->UnaryBatches(found->index(), std::move(handler));
}

void DescribedService::OnUpload(const MethodDescriptor* method, std::function<std::unique_ptr<Upload>()> start) {
  const auto* found = Find(method->name(), Kind::kUpload, method->input_type(), method->output_type());
  if (found != nullptr) table_->Uploads(found->index(), std::move(start));
}

void DescribedService::OnDownload(const MethodDescriptor* method,
                                  std::function<std::unique_ptr<Download>(const Message&)> start) {
  const auto* found = Find(method->name(), Kind::kDownload, method->input_type(), method->output_type());
  if (found != nullptr) table_->Downloads(found->index(), std::move(start));
}

void DescribedService::OnOwnReactor(
    absl::string_view method,
    std::function<grpc::ServerUnaryReactor*(ServerContext*, const ByteBuffer*, ByteBuffer*)> start) {
  if (const auto* found = Find(method, Kind::kUnary, nullptr, nullptr)) table_->Own(found->index(), std::move(start));
}

void DescribedService::OnOwnReactor(
    absl::string_view method,
    std::function<grpc::ServerWriteReactor<ByteBuffer>*(ServerContext*, const ByteBuffer*)> start) {
  if (const auto* found = Find(method, Kind::kDownload, nullptr, nullptr)) {
    table_->OwnWriter(found->index(), std::move(start));
  }
}

absl::Status DescribedService::Check() const {
  std::vector<std::string> problems = problems_;
  for (int i = 0; i < descriptor_.method_count(); ++i) {
    if (!table_->answered(i)) problems.push_back(absl::StrCat(descriptor_.method(i)->name(), ": no handler"));
  }
  if (problems.empty()) return absl::OkStatus();
  return Refused("SERVICE_DECLARATION", "服务的方法与实现不符",
                 {{"service", descriptor_.full_name()}, {"why", absl::StrJoin(problems, "; ")}});
}

grpc::Service* DescribedService::service() { return table_.get(); }

}  // namespace edudelta::rpc
