#include "gateway/policy/watcher.h"

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/describe/describe.h"
#include "common/rpc/client.h"
#include "common/rpc/described_service.h"
#include "common/rpc/serve.h"
#include "common/rpc/server.h"
#include "edudelta/exchange/v1/policy.pb.h"
#include "gateway/policy/testing.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::policy {
namespace {

// Sends the policy to each watcher and ends the first stream after it.
class Exchange {
 public:
  void Serve(rpc::DescribedService& api) {
    api.OnDownload(api.descriptor().FindMethodByName("WatchPolicy"), [this](const google::protobuf::Message& request) {
      absl::MutexLock lock(&mutex_);
      gateway_ = static_cast<const exchange::v1::WatchPolicyRequest&>(request).gateway();
      return std::make_unique<Watch>(++turns_);
    });
  }

  void AwaitTurn(int turn) {
    auto reached = [this, turn]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return turns_ >= turn; };
    absl::MutexLock lock(&mutex_, absl::Condition(&reached));
  }
  std::string gateway() {
    absl::MutexLock lock(&mutex_);
    return gateway_;
  }

 private:
  struct Watch final : rpc::DescribedService::Download {
    explicit Watch(int turn) : turn(turn) {}
    absl::StatusOr<bool> Next(const rpc::Call& call, google::protobuf::Message* response) override {
      if (sent && turn == 1) return absl::UnavailableError("restarting");
      while (sent && !*call.gone) std::this_thread::yield();
      auto* update = static_cast<exchange::v1::PolicyUpdate*>(response);
      *update = testing::Policy();
      update->set_version(turn);
      return !std::exchange(sent, true);
    }
    const int turn;
    bool sent = false;
  };

  absl::Mutex mutex_;
  std::string gateway_ ABSL_GUARDED_BY(mutex_);
  int turns_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST(PolicyWatcher, ComesBackWhenTheStreamEnds) {
  testing::FixedClock clock;
  Store store(clock);
  const log::Logger logger("gateway", clock, log::Level::kError, [](const std::string&) {});
  const SystemClock time;
  metrics::Registry registry;
  rpc::Frame frame({.service = "exchange"}, registry, logger, time);
  Exchange service;
  rpc::DescribedService api(describe::FindService("exchange"), frame);
  service.Serve(api);
  std::string folder = ::testing::TempDir() + "/watcher.XXXXXX";
  rpc::Server::Options options;
  options.unix_path = std::string(mkdtemp(folder.data())) + "/s.sock";
  const auto server = rpc::Server::Start(options, {api.service()}, logger).value();
  auto watcher = Watcher::Start(rpc::Connect({.address = "unix:" + options.unix_path}).value(), "g1", store, logger);
  service.AwaitTurn(2);
  while (store.Latest() == nullptr || store.Latest()->version < 2) std::this_thread::yield();
  EXPECT_EQ(service.gateway(), "g1");
  EXPECT_TRUE(store.Fresh().ok());
  watcher.reset();
  server->Drain();
}

}  // namespace
}  // namespace edudelta::gateway::policy
