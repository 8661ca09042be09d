#include "gateway/http/rate_limiter.h"

#include "gtest/gtest.h"

namespace edudelta::gateway::http {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1000);

TEST(RateLimiter, LetsTheBurstThroughAndNoMore) {
  RateLimiter limiter(2, 3);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(limiter.Take("a", kStart).has_value());
  EXPECT_EQ(limiter.Take("a", kStart), absl::Milliseconds(500));
  EXPECT_FALSE(limiter.Take("b", kStart).has_value());
}

TEST(RateLimiter, RefillsWithTimeUpToTheBurst) {
  RateLimiter limiter(2, 3);
  for (int i = 0; i < 3; ++i) limiter.Take("a", kStart);
  EXPECT_FALSE(limiter.Take("a", kStart + absl::Milliseconds(500)).has_value());
  EXPECT_TRUE(limiter.Take("a", kStart + absl::Milliseconds(500)).has_value());
  const absl::Time later = kStart + absl::Hours(1);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(limiter.Take("a", later).has_value());
  EXPECT_TRUE(limiter.Take("a", later).has_value());
}

TEST(RateLimiter, ForgetsClientsThatAreQuietBeforeThoseThatAreLimited) {
  RateLimiter limiter(1, 1, 2);
  limiter.Take("quiet", kStart);
  limiter.Take("busy", kStart + absl::Seconds(2));
  EXPECT_FALSE(limiter.Take("new", kStart + absl::Seconds(2)).has_value());
  EXPECT_TRUE(limiter.Take("busy", kStart + absl::Seconds(2)).has_value());
}

TEST(RateLimiter, IsNotFooledByAClockThatGoesBack) {
  RateLimiter limiter(1, 1);
  limiter.Take("a", kStart);
  EXPECT_TRUE(limiter.Take("a", kStart - absl::Hours(1)).has_value());
}

}  // namespace
}  // namespace edudelta::gateway::http
