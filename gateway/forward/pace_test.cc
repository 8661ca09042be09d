#include "gateway/forward/pace.h"

#include "common/base/error.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::forward {
namespace {

TEST(Pace, EndsOneOctetNowAndThen) {
  Pace pace(absl::Seconds(30), 1024);
  pace.Came(1, absl::Seconds(29));
  EXPECT_TRUE(pace.Check().ok());
  pace.Came(1, absl::Seconds(29));
  EXPECT_EQ(ReasonOf(pace.Check()), "BODY_TIMEOUT");
}

TEST(Pace, LetsASlowLineSendForLong) {
  Pace pace(absl::Seconds(30), 1024);
  for (int i = 0; i < 1000; ++i) pace.Came(64 << 10, absl::Seconds(60));
  EXPECT_TRUE(pace.Check().ok());
}

TEST(Pace, CountsWhatCameBefore) {
  Pace pace(absl::Seconds(10), 1000);
  pace.Came(10000, absl::ZeroDuration());
  pace.Came(0, absl::Seconds(20));
  EXPECT_TRUE(pace.Check().ok());
  pace.Came(0, absl::Seconds(1));
  EXPECT_FALSE(pace.Check().ok());
}

TEST(Pace, RemembersNoMoreThanAMoment) {
  Pace pace(absl::Seconds(30), 1024);
  pace.Came(100 << 20, absl::ZeroDuration());
  int octets = 0;
  for (; octets < 1000 && pace.Check().ok(); ++octets) pace.Came(1, absl::Seconds(29));
  EXPECT_EQ(octets, 5);
}

}  // namespace
}  // namespace edudelta::gateway::forward
