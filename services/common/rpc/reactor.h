#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
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

class UnaryReactor;

// The calls of one method that wait for a worker: the first free one takes all of them, up to a limit, and has them
// answered together. Thread-safe.
class WaitingCalls : public std::enable_shared_from_this<WaitingCalls> {
 public:
  // `core` and `method` outlive the calls.
  WaitingCalls(Core& core, const Method& method, DescribedService::BatchHandler handler);

  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response);

 private:
  // On a worker, once for each call that waited, as its owner's turn; those that another time took with it find
  // nothing.
  void AnswerNext(const std::string& owner);
  void Answer(DescribedService::Batch calls);

  Core& core_;
  const Method& method_;
  const DescribedService::BatchHandler handler_;
  absl::Mutex mutex_;
  std::deque<UnaryReactor*> waiting_ ABSL_GUARDED_BY(mutex_);
};

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
