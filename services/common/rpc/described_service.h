#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/rpc/call.h"

namespace google::protobuf {
class Descriptor;
class Message;
class MethodDescriptor;
class ServiceDescriptor;
}  // namespace google::protobuf

namespace grpc {
class ByteBuffer;
class CallbackServerContext;
class ServerUnaryReactor;
class Service;
template <class Response>
class ServerWriteReactor;
}  // namespace grpc

namespace edudelta::rpc {

class Frame;

// A gRPC service of which nothing but the descriptor is known: what generated code would be, as a table. Each method is
// answered by the handler that was registered for it, inside the frame; the request is read and the answer written on
// the handler's worker, behind admission, and a request that cannot be read is INVALID_ARGUMENT, reason
// REQUEST_UNREADABLE. Registering is for one thread, before the server starts; handlers are called from many.
class DescribedService {
 public:
  using Message = google::protobuf::Message;

  // `frame` outlives this, this the server.
  DescribedService(const google::protobuf::ServiceDescriptor* descriptor, Frame& frame);
  ~DescribedService();
  DescribedService(const DescribedService&) = delete;
  DescribedService& operator=(const DescribedService&) = delete;

  const google::protobuf::ServiceDescriptor& descriptor() const { return descriptor_; }

  // The response is empty when the handler gets it, and goes out only with an OK.
  using Handler = std::function<absl::Status(const Call&, const Message& request, Message* response)>;
  void OnUnary(const google::protobuf::MethodDescriptor* method, Handler handler);

  // One of several calls of a method that one worker answers together, because they waited for it at the same time.
  // What each gets is what it would get alone.
  class WaitingCall {
   public:
    WaitingCall(const Call* call, const Message* request, Message* response, std::function<void(absl::Status)> end)
        : call_(call), request_(request), response_(response), end_(std::move(end)) {}

    const Call& call() const { return *call_; }
    const Message& request() const { return *request_; }
    // Empty; goes out with an OK.
    Message* response() const { return response_; }
    // Sends the answer, once: call, request and response may be gone when it returns.
    void End(const absl::Status& status) { std::exchange(end_, nullptr)(status); }
    bool ended() const { return end_ == nullptr; }

   private:
    const Call* call_;
    const Message* request_;
    Message* response_;
    std::function<void(absl::Status)> end_;
  };
  using Batch = absl::Span<WaitingCall>;
  // Ends each of the calls, as soon as it can: the others keep the worker. There is at least one.
  using BatchHandler = std::function<void(Batch calls)>;
  void OnUnaryBatch(const google::protobuf::MethodDescriptor* method, BatchHandler handler);

  // Client streaming, an object a call: Add for every message in order, then Finish. A failing Add ends the call.
  // Finish is not called when the client is known to have cancelled; a client that vanishes in the very moment may look
  // like one that finished, so what must be whole says so in its messages.
  // Made and called on the workers of streams, by one thread at a time; destroyed there or, when its client is gone, on
  // a thread of gRPC's.
  class Upload {
   public:
    virtual ~Upload() = default;
    virtual absl::Status Add(const Call& call, const Message& request) = 0;
    virtual absl::Status Finish(const Call& call, Message* response) = 0;
  };
  void OnUpload(const google::protobuf::MethodDescriptor* method, std::function<std::unique_ptr<Upload>()> start);

  // Server streaming, an object a call, with the threads of an Upload: Next fills one (empty) message; false ends the
  // stream without sending it.
  class Download {
   public:
    virtual ~Download() = default;
    virtual absl::StatusOr<bool> Next(const Call& call, Message* response) = 0;
  };
  // `request` lives as long as the download.
  void OnDownload(const google::protobuf::MethodDescriptor* method,
                  std::function<std::unique_ptr<Download>(const Message& request)> start);

  // A method of this service by name, with the types that it declares: On<Request, Response>("SummarizePatrols", ...).
  template <typename Request, typename Response>
  void On(absl::string_view method,
          std::function<absl::Status(const Call&, const Request& request, Response* response)> handler) {
    const auto* found = Find(method, Kind::kUnary, Request::descriptor(), Response::descriptor());
    if (found == nullptr) return;
    Answer(found, [handler = std::move(handler)](const Call& call, const Message& request, Message* response) {
      return handler(call, static_cast<const Request&>(request), static_cast<Response*>(response));
    });
  }

  // Calls that wait for long and must not hold a worker: the reactor is the handler's own, deletes itself when its call
  // has ended, asks Frame::Admit first and reads and writes bytes (bytes.h). `start` runs on a thread of gRPC's and
  // must not block.
  void OnOwnReactor(absl::string_view method,
                    std::function<grpc::ServerUnaryReactor*(
                        grpc::CallbackServerContext*, const grpc::ByteBuffer* request, grpc::ByteBuffer* response)>
                        start);
  void OnOwnReactor(absl::string_view method,
                    std::function<grpc::ServerWriteReactor<grpc::ByteBuffer>*(grpc::CallbackServerContext*,
                                                                              const grpc::ByteBuffer* request)>
                        start);

  // FAILED_PRECONDITION, reason SERVICE_DECLARATION, on a method without handler, or a handler without method, of other
  // types or another kind of streaming, or for a method that has one. To be asked before the server starts: gRPC leaves
  // calls of a method without handler unanswered.
  absl::Status Check() const;

  // For Server::Start.
  grpc::Service* service();

 private:
  class Table;
  enum class Kind { kUnary, kUpload, kDownload };

  // The method if it is of this kind and has these types, which may be null; null, and a problem, otherwise.
  const google::protobuf::MethodDescriptor* Find(absl::string_view method, Kind kind,
                                                 const google::protobuf::Descriptor* request,
                                                 const google::protobuf::Descriptor* response);
  void Answer(const google::protobuf::MethodDescriptor* method, Handler handler);

  const google::protobuf::ServiceDescriptor& descriptor_;
  std::unique_ptr<Table> table_;
  std::vector<std::string> problems_;
};

}  // namespace edudelta::rpc
