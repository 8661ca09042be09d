#include "common/db/watchdog.h"

#include <gtest/gtest.h>

#include <future>
#include <utility>

#include "absl/time/clock.h"

namespace edudelta::db {
namespace {

using Killed = std::pair<int64_t, Watchdog::Kill>;

struct Kills {
  std::function<bool(int64_t, Watchdog::Kill)> Callback() {
    return [this](int64_t id, Watchdog::Kill what) {
      if (!std::exchange(first_done, true)) first.set_value({id, what});
      return true;
    };
  }
  std::promise<Killed> first;
  bool first_done = false;
};

TEST(Watchdog, KillsTheQueryThatRuns) {
  Kills kills;
  Watchdog watchdog(kills.Callback());
  Watchdog::Watch calm{.connection_id = 6};
  Watchdog::Watch late{.connection_id = 7};
  watchdog.Add(&calm);
  watchdog.Add(&late);
  EXPECT_TRUE(watchdog.Start(&calm, absl::Now() + absl::Hours(1)));
  EXPECT_TRUE(watchdog.Start(&late, absl::Now() + absl::Milliseconds(5)));
  EXPECT_EQ(kills.first.get_future().get(), Killed(7, Watchdog::Kill::kQuery));
  EXPECT_TRUE(watchdog.Finish(&late, absl::InfiniteFuture()));
  EXPECT_FALSE(watchdog.Start(&late, absl::InfiniteFuture()));
  EXPECT_FALSE(watchdog.Finish(&calm, absl::InfiniteFuture()));
  watchdog.Remove(&late);
  watchdog.Remove(&calm);
}

TEST(Watchdog, KillsTheConnectionThatIdlesInATransaction) {
  Kills kills;
  Watchdog watchdog(kills.Callback());
  Watchdog::Watch watch{.connection_id = 7};
  watchdog.Add(&watch);
  EXPECT_TRUE(watchdog.Start(&watch, absl::Now() + absl::Hours(1)));
  EXPECT_FALSE(watchdog.Finish(&watch, absl::Now() + absl::Milliseconds(5)));
  EXPECT_EQ(kills.first.get_future().get(), Killed(7, Watchdog::Kill::kConnection));
  EXPECT_FALSE(watchdog.Start(&watch, absl::InfiniteFuture()));
  watchdog.Remove(&watch);
}

}  // namespace
}  // namespace edudelta::db
