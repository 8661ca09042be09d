#include "exchange/api/attempts.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/testing/fake_clock.h"

namespace edudelta::exchange::api {
namespace {

constexpr int kMoreThanAnAddressHas = 1001;

TEST(Attempts, SlowsDownWhoFailsAndNobodyElse) {
  testing::FakeClock clock(absl::FromUnixSeconds(1796054400));
  Attempts attempts(2);
  const auto begin = [&](const char* account, const char* address) {
    return attempts.Begin(account, address, clock.Now());
  };
  EXPECT_FALSE(begin("a", "1"));
  attempts.Succeeded("a", "1");
  EXPECT_FALSE(begin("a", "1"));
  EXPECT_FALSE(begin("a", "1"));
  for (const int seconds : {1, 2, 4, 8}) {
    EXPECT_EQ(begin("a", "1"), absl::Seconds(seconds));
    EXPECT_EQ(begin("a", "1"), absl::Seconds(seconds)) << "asking in vain does not make it longer";
    EXPECT_FALSE(begin("a", "2")) << "the owner at another address";
    attempts.Succeeded("a", "2");
    EXPECT_FALSE(begin("b", "1"));
    attempts.Succeeded("b", "1");
    clock.Advance(absl::Seconds(seconds));
    EXPECT_FALSE(begin("a", "1"));
  }
  for (int i = 0; i < 10; ++i) {
    clock.Advance(absl::Minutes(5));
    EXPECT_FALSE(begin("a", "1")) << "never longer than five minutes";
  }
  EXPECT_EQ(begin("a", "1"), absl::Minutes(5));
  clock.Advance(absl::Hours(2));
  EXPECT_FALSE(begin("a", "1"));
  EXPECT_FALSE(begin("a", "1")) << "forgotten";
}

TEST(Attempts, MadeUpNamesBlockNobody) {
  testing::FakeClock clock(absl::FromUnixSeconds(1796054400));
  Attempts attempts(1);
  for (int i = 0; i < 120000; ++i) {
    ASSERT_FALSE(attempts.Begin(absl::StrCat("made up ", i), absl::StrCat("address ", i % 150), clock.Now()));
  }
  EXPECT_FALSE(attempts.Begin("known", "elsewhere", clock.Now()));
  EXPECT_FALSE(attempts.Begin("known", "address 1", clock.Now()));
}

TEST(Attempts, MadeUpNamesMakeAnAddressForgetNobody) {
  testing::FakeClock clock(absl::FromUnixSeconds(1796054400));
  Attempts attempts(10);
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(attempts.Begin("target", "1", clock.Now()));
  clock.Advance(absl::Seconds(1));
  for (int i = 0; i < kMoreThanAnAddressHas; ++i) (void)attempts.Begin(absl::StrCat("made up ", i), "1", clock.Now());
  EXPECT_FALSE(attempts.Begin("target", "1", clock.Now()));
  EXPECT_TRUE(attempts.Begin("target", "1", clock.Now())) << "that was the tenth";
}

TEST(Attempts, AnAddressFullOfNamesHasTenGuessesAtAllOthers) {
  testing::FakeClock clock(absl::FromUnixSeconds(1796054400));
  Attempts attempts(10);
  const auto begin = [&](const std::string& account) {
    clock.Advance(absl::Microseconds(1));
    return !attempts.Begin(account, "1", clock.Now());
  };
  for (int i = 0; i < 2 * kMoreThanAnAddressHas; ++i) (void)begin(absl::StrCat("made up ", i / 2));
  int heard = 0;
  for (int i = 0; i < 100; ++i) {
    heard += begin("target") ? 1 : 0;
    (void)begin(absl::StrCat("another ", i));
    if (begin("own")) attempts.Succeeded("own", "1");
  }
  EXPECT_LE(heard, 10);
  EXPECT_FALSE(attempts.Begin("target", "2", clock.Now()));
  clock.Advance(absl::Hours(2));
  EXPECT_TRUE(begin("target")) << "forgotten";
  EXPECT_TRUE(begin("target"));
}

}  // namespace
}  // namespace edudelta::exchange::api
