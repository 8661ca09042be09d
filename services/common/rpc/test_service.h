#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/rpc/client.h"
#include "common/rpc/serve.h"
#include "common/rpc/server.h"
#include "edudelta/feed/v1/feed.grpc.pb.h"
#include "gtest/gtest.h"

namespace edudelta::rpc {

using feed::v1::FeedService;
using feed::v1::ListEventsRequest;
using feed::v1::ListEventsResponse;

class TestService final : public FeedService::CallbackService {
 public:
  using Handler = std::function<absl::Status(const Call&, const ListEventsRequest&, ListEventsResponse*)>;

  explicit TestService(Frame& frame) : frame_(frame) {}

  grpc::ServerUnaryReactor* ListEvents(grpc::CallbackServerContext* context, const ListEventsRequest* request,
                                       ListEventsResponse* response) override {
    return frame_.Unary(context, request, response,
                        [=, this](const Call& call) { return handler(call, *request, response); });
  }

  Handler handler = [](const Call&, const ListEventsRequest& request, ListEventsResponse* response) {
    response->set_next_position(request.after_position() + 1);
    return absl::OkStatus();
  };

 private:
  Frame& frame_;
};

// A frame, a service and a server on a private Unix socket and in-process.
class Node {
 public:
  explicit Node(Frame::Options options = {}, Server::Options server = {}, std::vector<grpc::Service*> more = {}) {
    options.service = "test";
    options.services = {FeedDescriptor()};
    frame = std::make_unique<Frame>(options, registry, logger, clock);
    service = std::make_unique<TestService>(*frame);
    std::string folder = testing::TempDir() + "/rpc.XXXXXX";
    socket = std::string(mkdtemp(folder.data())) + "/s.sock";
    server.unix_path = socket;
    more.push_back(service.get());
    auto started = Server::Start(server, more, logger);
    EXPECT_TRUE(started.ok()) << started.status();
    this->server = *std::move(started);
  }

  static const google::protobuf::ServiceDescriptor* FeedDescriptor() {
    return ListEventsRequest::descriptor()->file()->FindServiceByName("FeedService");
  }
  static const google::protobuf::MethodDescriptor& Method() { return *FeedDescriptor()->method(0); }

  std::shared_ptr<grpc::Channel> OverUnix() {
    auto channel = Connect({.address = "unix:" + socket});
    EXPECT_TRUE(channel.ok()) << channel.status();
    return *channel;
  }

  std::vector<std::string> Lines() {
    std::lock_guard<std::mutex> lock(mutex);
    return lines;
  }

  SystemClock clock;
  metrics::Registry registry;
  std::mutex mutex;
  std::vector<std::string> lines;
  log::Logger logger{"test", clock, log::Level::kDebug, [this](const std::string& line) {
                       std::lock_guard<std::mutex> lock(mutex);
                       lines.push_back(line);
                     }};
  std::unique_ptr<Frame> frame;
  std::unique_ptr<TestService> service;
  std::string socket;
  std::unique_ptr<Server> server;
};

inline absl::Time Soon() { return absl::Now() + absl::Seconds(20); }

inline absl::StatusOr<int64_t> Ask(grpc::ChannelInterface& channel, absl::Time deadline = Soon(),
                                   const call::v1::Caller& caller = ServiceCaller("planning")) {
  Context context(caller, deadline, "");
  ListEventsRequest request;
  request.set_after_position(41);
  ListEventsResponse response;
  absl::Status status = Invoke(channel, Node::Method(), context, request, &response);
  if (!status.ok()) return status;
  return response.next_position();
}

}  // namespace edudelta::rpc
