#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/client.h"
#include "common/rpc/described_service.h"
#include "common/rpc/serve.h"
#include "common/rpc/server.h"
#include "edudelta/feed/v1/feed.pb.h"
#include "gtest/gtest.h"

namespace edudelta::rpc {

using feed::v1::ListEventsRequest;
using feed::v1::ListEventsResponse;

// FeedService with a handler that may be changed between calls.
class TestService {
 public:
  using Handler = std::function<absl::Status(const Call&, const ListEventsRequest&, ListEventsResponse*)>;

  explicit TestService(Frame& frame) : api_(Descriptor(), frame) {
    api_.On<ListEventsRequest, ListEventsResponse>(
        "ListEvents", [this](const Call& call, const ListEventsRequest& request, ListEventsResponse* response) {
          return handler(call, request, response);
        });
  }

  static const google::protobuf::ServiceDescriptor* Descriptor() {
    return ListEventsRequest::descriptor()->file()->FindServiceByName("FeedService");
  }
  grpc::Service* service() { return api_.service(); }

  Handler handler = [](const Call&, const ListEventsRequest& request, ListEventsResponse* response) {
    response->set_next_position(request.after_position() + 1);
    return absl::OkStatus();
  };

 private:
  DescribedService api_;
};

// A frame, a service and a server on a private Unix socket and in-process.
class Node {
 public:
  // `more` makes further services inside the frame.
  explicit Node(Frame::Options options = {}, Server::Options server = {},
                const std::function<grpc::Service*(Frame&)>& more = nullptr) {
    options.service = "test";
    frame = std::make_unique<Frame>(options, registry, logger, clock);
    service = std::make_unique<TestService>(*frame);
    std::string folder = testing::TempDir() + "/rpc.XXXXXX";
    socket = std::string(mkdtemp(folder.data())) + "/s.sock";
    server.unix_path = socket;
    std::vector<grpc::Service*> services = {service->service()};
    if (more) services.push_back(more(*frame));
    auto started = Server::Start(server, services, logger);
    EXPECT_TRUE(started.ok()) << started.status();
    this->server = *std::move(started);
  }

  static const google::protobuf::MethodDescriptor& Method() { return *TestService::Descriptor()->method(0); }

  std::shared_ptr<grpc::Channel> OverUnix() {
    auto channel = Connect({.address = "unix:" + socket});
    EXPECT_TRUE(channel.ok()) << channel.status();
    return *channel;
  }

  std::vector<std::string> Lines() {
    absl::MutexLock lock(&mutex);
    return lines;
  }

  SystemClock clock;
  metrics::Registry registry;
  absl::Mutex mutex;
  std::vector<std::string> lines ABSL_GUARDED_BY(mutex);
  log::Logger logger{"test", clock, log::Level::kDebug, [this](const std::string& line) {
                       absl::MutexLock lock(&mutex);
                       lines.push_back(line);
                     }};
  std::unique_ptr<Frame> frame;
  std::unique_ptr<TestService> service;
  std::string socket;
  std::unique_ptr<Server> server;
};

inline call::v1::Caller User(const std::string& name) {
  call::v1::Caller caller;
  caller.set_principal(name);
  caller.set_kind(call::v1::Caller::KIND_USER);
  return caller;
}

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
