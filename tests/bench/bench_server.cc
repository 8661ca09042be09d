// FeedService with nothing behind it, to weigh the frame around a call:
//   bench_server SOCKET bare    answers on gRPC's own thread
//   bench_server SOCKET pool    answers from a worker thread, as any handler with a blocking database driver must
//   bench_server SOCKET frame   answers through rpc::Frame: caller, deadline, worker pool, metrics, log line
#include <cstdio>
#include <string>

#include "common/log/log.h"
#include "common/metrics/registry.h"
#include "common/rpc/serve.h"
#include "common/rpc/server.h"
#include "common/rpc/signals.h"
#include "common/rpc/worker_pool.h"
#include "edudelta/feed/v1/feed.grpc.pb.h"

namespace edudelta::bench {
namespace {

using feed::v1::FeedService;
using feed::v1::ListEventsRequest;
using feed::v1::ListEventsResponse;

void Answer(const ListEventsRequest& request, ListEventsResponse* response) {
  response->set_next_position(request.after_position() + 1);
}

class Bare final : public FeedService::CallbackService {
 public:
  grpc::ServerUnaryReactor* ListEvents(grpc::CallbackServerContext* context, const ListEventsRequest* request,
                                       ListEventsResponse* response) override {
    Answer(*request, response);
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

class Pooled final : public FeedService::CallbackService {
 public:
  explicit Pooled(metrics::Registry& registry)
      : pool_(6, 256, registry.Gauge("length", "-"), registry.Counter("rejected", "-")) {}

  grpc::ServerUnaryReactor* ListEvents(grpc::CallbackServerContext* context, const ListEventsRequest* request,
                                       ListEventsResponse* response) override {
    auto* reactor = context->DefaultReactor();
    pool_.Submit([=] {
      Answer(*request, response);
      reactor->Finish(grpc::Status::OK);
    });
    return reactor;
  }

 private:
  rpc::WorkerPool pool_;
};

class Framed final : public FeedService::CallbackService {
 public:
  explicit Framed(rpc::Frame& frame) : frame_(frame) {}

  grpc::ServerUnaryReactor* ListEvents(grpc::CallbackServerContext* context, const ListEventsRequest* request,
                                       ListEventsResponse* response) override {
    return frame_.Unary(context, request, response, [=](const rpc::Call&) {
      Answer(*request, response);
      return absl::OkStatus();
    });
  }

 private:
  rpc::Frame& frame_;
};

int Serve(const std::string& socket, const std::string& mode) {
  rpc::Signals signals;
  const SystemClock clock;
  // Calls between processes of the suite are logged at this level.
  const log::Logger logger("bench", clock, log::Level::kDebug);
  metrics::Registry registry;
  rpc::Frame::Options options;
  options.service = "bench";
  options.services = {ListEventsRequest::descriptor()->file()->FindServiceByName("FeedService")};
  rpc::Frame frame(options, registry, logger, clock);
  Bare bare;
  Pooled pooled(registry);
  Framed framed(frame);
  grpc::Service* service = mode == "bare" ? static_cast<grpc::Service*>(&bare) : &framed;
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
