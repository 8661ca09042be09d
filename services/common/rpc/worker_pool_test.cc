#include "common/rpc/worker_pool.h"

#include <atomic>

#include "absl/synchronization/notification.h"
#include "common/metrics/registry.h"
#include "gtest/gtest.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"

namespace edudelta::rpc {
namespace {

using Answer = WorkerPool::Answer;

struct WorkerPoolTest : testing::Test {
  metrics::Registry registry;
  prometheus::Gauge& length = registry.Gauge("length", "");
  prometheus::Counter& rejected = registry.Counter("rejected", "");
};

TEST_F(WorkerPoolTest, RefusesBeyondItsQueue) {
  WorkerPool pool(1, 2, length, rejected);
  absl::Notification running, release;
  ASSERT_EQ(pool.Submit([&] {
    running.Notify();
    release.WaitForNotification();
  }),
            Answer::kAccepted);
  running.WaitForNotification();
  EXPECT_EQ(pool.Submit([] {}), Answer::kAccepted);
  EXPECT_EQ(pool.Submit([] {}), Answer::kAccepted);
  EXPECT_EQ(length.Value(), 2);
  EXPECT_EQ(pool.Submit([] {}), Answer::kFull);
  EXPECT_EQ(rejected.Value(), 1);
  release.Notify();
}

TEST_F(WorkerPoolTest, FinishesWhatItAcceptedWhenClosed) {
  std::atomic<int> done{0};
  WorkerPool pool(3, 1000, length, rejected);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(pool.Submit([&] { ++done; }), Answer::kAccepted);
  pool.Close();
  EXPECT_EQ(done, 1000);
  EXPECT_EQ(pool.Submit([&] { ++done; }), Answer::kClosed);
  pool.Close();
  EXPECT_EQ(done, 1000);
}

}  // namespace
}  // namespace edudelta::rpc
