#include "common/log/call_choice.h"

#include "absl/strings/str_format.h"
#include "gtest/gtest.h"

namespace edudelta::log {
namespace {

std::string TraceId(int number) { return absl::StrFormat("%024d%08x", 7, number * 2654435761u); }

TEST(CallChoice, TakesAllOrFailuresAlone) {
  EXPECT_TRUE(TakesCall(1, false, TraceId(1)));
  EXPECT_FALSE(TakesCall(0, false, TraceId(1)));
  EXPECT_TRUE(TakesCall(0, true, TraceId(1)));
}

TEST(CallChoice, TakesOneTraceInSoManyAndEachFailure) {
  int taken = 0;
  for (int i = 0; i < 10000; ++i) {
    taken += TakesCall(10, false, TraceId(i));
    EXPECT_EQ(TakesCall(10, false, TraceId(i)), TakesCall(10, false, TraceId(i))) << "of one trace all or none";
    EXPECT_TRUE(TakesCall(10, true, TraceId(i)));
  }
  EXPECT_NEAR(taken, 1000, 150);
}

TEST(CallChoice, TakesWhatHasNoTrace) { EXPECT_TRUE(TakesCall(10, false, "")); }

}  // namespace
}  // namespace edudelta::log
