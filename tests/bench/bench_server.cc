// FeedService with nothing behind it, to weigh the frame around a call:
//   bench_server SOCKET bare    answers on gRPC's own thread
//   bench_server SOCKET pool    answers from a worker thread, as any handler with a blocking database driver must
//   bench_server SOCKET frame   answers through rpc::Frame: caller, deadline, worker pool, metrics, log line
#include <cstdio>
#include <functional>
#include <string>

#include "common/log/log.h"
#include "common/metrics/registry.h"
#include "common/rpc/described_service.h"
#include "common/rpc/serve.h"
#include "common/rpc/server.h"
#include "common/rpc/signals.h"
#include "common/rpc/worker_pool.h"
#include "edudelta/feed/v1/feed.pb.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/impl/codegen/server_callback_handlers.h"
#include "grpcpp/impl/rpc_method.h"
#include "grpcpp/impl/rpc_service_method.h"
#include "grpcpp/impl/service_type.h"
#include "grpcpp/support/server_callback.h"

namespace edudelta::bench {
namespace {

using feed::v1::ListEventsRequest;
using feed::v1::ListEventsResponse;

void Answer(const ListEventsRequest& request, ListEventsResponse* response) {
  response->set_next_position(request.after_position() + 1);
}

using Context = grpc::CallbackServerContext;

// One method as generated code registers it.
class Generated : public grpc::Service {
 protected:
  using Start = std::function<grpc::ServerUnaryReactor*(Context*, const ListEventsRequest*, ListEventsResponse*)>;

  explicit Generated(Start start) {
    using grpc::internal::RpcMethod;
    AddMethod(new grpc::internal::RpcServiceMethod("/edudelta.feed.v1.FeedService/ListEvents", RpcMethod::NORMAL_RPC,
                                                   nullptr));
    MarkMethodCallback(
        0, new grpc::internal::CallbackUnaryHandler<ListEventsRequest, ListEventsResponse>(std::move(start)));
  }
};

class Bare final : public Generated {
 public:
  Bare()
      : Generated([](Context* context, const ListEventsRequest* request, ListEventsResponse* response) {
          Answer(*request, response);
          auto* reactor = context->DefaultReactor();
          reactor->Finish(grpc::Status::OK);
          return reactor;
        }) {}
};

class Pooled final : public Generated {
 public:
  explicit Pooled(metrics::Registry& registry)
      : Generated([this](Context* context, const ListEventsRequest* request, ListEventsResponse* response) {
          auto* reactor = context->DefaultReactor();
          pool_.Submit("", [=] {
            Answer(*request, response);
            reactor->Finish(grpc::Status::OK);
          });
          return reactor;
        }),
        pool_(6, 256, rpc::WorkerPool::Share::kAll,
              {registry, "unary", registry.Gauge("length", "-"), registry.Counter("rejected", "-")}) {}

 private:
  rpc::WorkerPool pool_;
};

int Serve(const std::string& socket, const std::string& mode) {
  rpc::Signals signals;
  const SystemClock clock;
  // Calls between processes of the suite are logged at this level.
  const log::Logger logger("bench", clock, log::Level::kDebug);
  metrics::Registry registry;
  rpc::Frame::Options options;
  options.service = "bench";
  rpc::Frame frame(options, registry, logger, clock);
  Bare bare;
  Pooled pooled(registry);
  rpc::DescribedService framed(ListEventsRequest::descriptor()->file()->FindServiceByName("FeedService"), frame);
  framed.On<ListEventsRequest, ListEventsResponse>("ListEvents",
                                                   [](const rpc::Call&, const auto& request, auto* response) {
                                                     Answer(request, response);
                                                     return absl::OkStatus();
                                                   });
  grpc::Service* service = mode == "bare" ? &bare : framed.service();
  if (mode == "pool") service = &pooled;
  rpc::Server::Options listen;
  listen.unix_path = socket;
  auto server = rpc::Server::Start(listen, {service}, logger);
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.status().ToString().c_str());
    return 1;
  }
  (*server)->SetServing(true);
  signals.Wait();
  (*server)->Drain();
  return 0;
}

}  // namespace
}  // namespace edudelta::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bench_server SOCKET bare|pool|frame\n");
    return 2;
  }
  return edudelta::bench::Serve(argv[1], argv[2]);
}
