#include "common/rpc/worker_pool.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "common/metrics/registry.h"
#include "gtest/gtest.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"

namespace edudelta::rpc {
namespace {

using Answer = WorkerPool::Answer;
using Share = WorkerPool::Share;

struct WorkerPoolTest : testing::Test {
  metrics::Registry registry;
  const PoolSeries series = {registry, "unary", registry.Gauge("length", ""), registry.Counter("rejected", "")};
};

TEST_F(WorkerPoolTest, RefusesBeyondItsQueue) {
  WorkerPool pool(1, 2, Share::kAll, series);
  absl::Notification running, release;
  ASSERT_EQ(pool.Submit("",
                        [&] {
                          running.Notify();
                          release.WaitForNotification();
                        }),
            Answer::kAccepted);
  running.WaitForNotification();
  EXPECT_EQ(pool.Submit("", [] {}), Answer::kAccepted);
  EXPECT_EQ(pool.Submit("", [] {}), Answer::kAccepted);
  EXPECT_EQ(series.length.Value(), 2);
  EXPECT_EQ(series.workers.Value(), 1);
  EXPECT_EQ(series.busy.Value(), 1);
  EXPECT_EQ(pool.Submit("", [] {}), Answer::kFull);
  EXPECT_EQ(series.rejected.Value(), 1);
  release.Notify();
}

TEST_F(WorkerPoolTest, FinishesWhatItAcceptedWhenClosed) {
  std::atomic<int> done{0};
  WorkerPool pool(3, 1000, Share::kAll, series);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(pool.Submit("", [&] { ++done; }), Answer::kAccepted);
  pool.Close();
  EXPECT_EQ(done, 1000);
  EXPECT_EQ(pool.Submit("", [&] { ++done; }), Answer::kClosed);
  pool.Close();
  EXPECT_EQ(done, 1000);
  EXPECT_EQ(series.workers.Value(), 3);
  EXPECT_EQ(series.busy.Value(), 0);
  EXPECT_EQ(series.wait.Collect().histogram.sample_count, 1000u);
}

// Work that holds its worker until it is let go.
struct Held {
  std::function<void()> Work() {
    return [this] {
      ++running;
      release.WaitForNotification();
    };
  }
  void AwaitRunning(int count) const {
    while (running < count) std::this_thread::yield();
  }
  std::atomic<int> running{0};
  absl::Notification release;
};

TEST_F(WorkerPoolTest, KeepsHalfOfItsWorkersForOthers) {
  WorkerPool pool(4, 100, Share::kHalf, series);
  Held heavy;
  for (int i = 0; i < 10; ++i) ASSERT_EQ(pool.Submit("wang", heavy.Work()), Answer::kAccepted);
  heavy.AwaitRunning(2);
  absl::Notification done;
  ASSERT_EQ(pool.Submit("li", [&] { done.Notify(); }), Answer::kAccepted);
  done.WaitForNotification();
  EXPECT_EQ(heavy.running, 2);
  heavy.release.Notify();
  pool.Close();
  EXPECT_EQ(heavy.running, 10);
}

TEST_F(WorkerPoolTest, GivesTheProductsOwnWorkEveryWorker) {
  WorkerPool pool(4, 100, Share::kHalf, series);
  Held own;
  for (int i = 0; i < 4; ++i) ASSERT_EQ(pool.Submit("", own.Work()), Answer::kAccepted);
  own.AwaitRunning(4);
  own.release.Notify();
}

TEST_F(WorkerPoolTest, LetsOwnersTakeTurns) {
  WorkerPool pool(1, 100, Share::kHalf, series);
  Held first;
  ASSERT_EQ(pool.Submit("zhao", first.Work()), Answer::kAccepted);
  first.AwaitRunning(1);
  std::string order;
  for (const char* owner : {"a", "a", "a", "a", "b", "c", "c"}) {
    ASSERT_EQ(pool.Submit(owner, [&order, owner] { order += owner; }), Answer::kAccepted);
  }
  first.release.Notify();
  pool.Close();
  EXPECT_EQ(order, "abcacaa");
}

TEST_F(WorkerPoolTest, KeepsHalfOfItsQueueForOthers) {
  WorkerPool pool(1, 4, Share::kHalf, series);
  Held first;
  ASSERT_EQ(pool.Submit("zhao", first.Work()), Answer::kAccepted);
  first.AwaitRunning(1);
  EXPECT_EQ(pool.Submit("wang", [] {}), Answer::kAccepted);
  EXPECT_EQ(pool.Submit("wang", [] {}), Answer::kAccepted);
  EXPECT_EQ(pool.Submit("wang", [] {}), Answer::kFull);
  EXPECT_EQ(pool.Submit("li", [] {}), Answer::kAccepted);
  EXPECT_EQ(pool.Submit("", [] {}), Answer::kAccepted);
  EXPECT_EQ(pool.Submit("li", [] {}), Answer::kFull);
  first.release.Notify();
}

// Work that comes and goes from many sides: all of it is done, and no owner is ever beyond its share.
TEST_F(WorkerPoolTest, HoldsSharesUnderLoad) {
  struct Owner {
    std::atomic<int> running{0}, most{0}, done{0};
  };
  std::vector<Owner> owners(5);
  absl::BlockingCounter left(5 * 2000);
  {
    WorkerPool pool(4, 100000, Share::kHalf, series);
    std::vector<std::thread> senders;
    for (size_t i = 0; i < owners.size(); ++i) {
      senders.emplace_back([&pool, &left, &owner = owners[i], name = std::string(1, static_cast<char>('a' + i))] {
        for (int j = 0; j < 2000; ++j) {
          pool.Submit(name, [&owner, &left] {
            const int now = ++owner.running;
            if (now > owner.most) owner.most = now;
            std::this_thread::yield();
            ++owner.done;
            --owner.running;
            left.DecrementCount();
          });
        }
      });
    }
    for (std::thread& sender : senders) sender.join();
    // A pool that closes ends what it has, whoever's it is.
    left.Wait();
  }
  for (const Owner& owner : owners) {
    EXPECT_EQ(owner.done, 2000);
    EXPECT_LE(owner.most, 2);
  }
  EXPECT_EQ(series.length.Value(), 0);
}

}  // namespace
}  // namespace edudelta::rpc
