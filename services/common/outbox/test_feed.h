#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/outbox/feed.h"
#include "common/outbox/stamp.h"
#include "common/outbox/test_outbox.h"
#include "common/rpc/client.h"
#include "common/rpc/serve.h"
#include "common/rpc/server.h"

namespace edudelta::outbox {

// A server with the feed of `outbox`.
class TestFeed {
 public:
  // Listens at `socket`, or somewhere of its own.
  explicit TestFeed(TestOutbox& outbox, const std::string& socket = "")
      : outbox_(outbox),
        frame_(FrameOptions(), outbox.registry, outbox.logger, outbox.clock),
        service_(MakeFeedService(frame_, *outbox.pool, outbox.cipher)) {
    std::string folder = ::testing::TempDir() + "/feed.XXXXXX";
    rpc::Server::Options options;
    options.unix_path = socket.empty() ? std::string(mkdtemp(folder.data())) + "/s.sock" : socket;
    auto server = rpc::Server::Start(options, {service_->service()}, outbox.logger);
    EXPECT_THAT(server, testing::IsOk());
    server_ = *std::move(server);
    channel_ = server_->InProcessChannel();
  }

  // Thread-safe.
  absl::StatusOr<feed::v1::ListEventsResponse> List(const feed::v1::ListEventsRequest& request,
                                                    const call::v1::Caller& caller = rpc::ServiceCaller("teachers"),
                                                    absl::Time deadline = Soon()) {
    rpc::Context context(caller, deadline, "");
    feed::v1::ListEventsResponse response;
    RETURN_IF_ERROR(rpc::Invoke(*channel_, *service_->descriptor().method(0), context, request, &response));
    return response;
  }

  // Everything that is committed.
  void Publish() {
    ASSERT_THAT(outbox_.pool->Transact(Soon(),
                                       [](db::Tx& tx) -> absl::Status {
                                         ASSIGN_OR_RETURN(const auto events, ReadUnpublished(tx, 100000));
                                         return Stamp(tx, events.data(), events.size());
                                       }),
                testing::IsOk());
  }

 private:
  static rpc::Frame::Options FrameOptions() {
    rpc::Frame::Options options;
    options.service = "planning";
    return options;
  }

  TestOutbox& outbox_;
  rpc::Frame frame_;
  std::unique_ptr<rpc::DescribedService> service_;
  std::unique_ptr<rpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace edudelta::outbox
