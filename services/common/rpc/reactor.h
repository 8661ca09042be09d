#pragma once

#include <functional>
#include <memory>

#include "common/rpc/described_service.h"

namespace grpc {
template <class Request>
class ServerReadReactor;
}

// One call of a described method as gRPC's callback API wants it. Each reactor deletes itself when its call has ended.
namespace edudelta::rpc::internal {

class Core;
struct Method;

// `core`, `method` and `handler` outlive the call; `context`, `request` and `response` are gRPC's and live as long as
// it.
grpc::ServerUnaryReactor* StartUnary(Core& core, const Method& method, const DescribedService::Handler& handler,
                                     grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response);

// `start` outlives the call; it is called on a worker.
grpc::ServerReadReactor<grpc::ByteBuffer>* StartUpload(
    Core& core, const Method& method, const std::function<std::unique_ptr<DescribedService::Upload>()>& start,
    grpc::CallbackServerContext* context, grpc::ByteBuffer* response);

// `start` outlives the call; it is called on a worker.
grpc::ServerWriteReactor<grpc::ByteBuffer>* StartDownload(
    Core& core, const Method& method,
    const std::function<std::unique_ptr<DescribedService::Download>(const google::protobuf::Message&)>& start,
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request);

}  // namespace edudelta::rpc::internal
