#include "gateway/policy/watcher.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "edudelta/exchange/v1/exchange.grpc.pb.h"
#include "gateway/policy/testing.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::policy {
namespace {

// Sends the policy to each watcher and ends the first stream after it.
class Exchange final : public exchange::v1::ExchangeService::Service {
 public:
  grpc::Status WatchPolicy(grpc::ServerContext* context, const exchange::v1::WatchPolicyRequest* request,
                           grpc::ServerWriter<exchange::v1::PolicyUpdate>* writer) override {
    const int turn = Enter(request->gateway());
    auto update = testing::Policy();
    update.set_version(turn);
    writer->Write(update);
    if (turn == 1) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting");
    std::unique_lock<std::mutex> lock(mutex_);
    while (!context->IsCancelled()) changed_.wait_for(lock, std::chrono::milliseconds(5));
    return grpc::Status::OK;
  }

  void AwaitTurn(int turn) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return turns_ >= turn; });
  }
  std::string gateway() {
    std::lock_guard<std::mutex> lock(mutex_);
    return gateway_;
  }

 private:
  int Enter(const std::string& gateway) {
    std::lock_guard<std::mutex> lock(mutex_);
    gateway_ = gateway;
    changed_.notify_all();
    return ++turns_;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string gateway_;
  int turns_ = 0;
};

TEST(PolicyWatcher, ComesBackWhenTheStreamEnds) {
  Exchange service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  testing::FixedClock clock;
  Store store(clock);
  const log::Logger logger("gateway", clock, log::Level::kError, [](const std::string&) {});
  auto watcher = Watcher::Start(
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()), "g1", store, logger);
  service.AwaitTurn(2);
  while (store.Latest() == nullptr || store.Latest()->version < 2) std::this_thread::yield();
  EXPECT_EQ(service.gateway(), "g1");
  EXPECT_TRUE(store.Fresh().ok());
  watcher.reset();
  server->Shutdown();
}

}  // namespace
}  // namespace edudelta::gateway::policy
