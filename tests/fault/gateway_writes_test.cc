// kill -9 of the gateway during writes, alone and together with the service behind it and the database.
#include <cstdio>
#include <string>

#include "gtest/gtest.h"
#include "tests/fault/drill.h"

namespace edudelta::fault {
namespace {

constexpr int kRuns = 60;

TEST(WritesThroughTheGateway, AreNeitherLostNorDoubled) {
  Drill drill(Drill::Way::kRest);
  const int runs = SettingOf("FAULT_RUNS", kRuns);
  const std::string problems = drill.Run(runs, {{.gateway = true},
                                                {.gateway = true, .failpoint = "before_reply"},
                                                {.service = true, .gateway = true},
                                                {.service = true, .gateway = true, .failpoint = "after_commit"},
                                                {.gateway = true, .database = true, .failpoint = "before_reply"},
                                                {.service = true, .gateway = true, .database = true}});
  EXPECT_EQ(problems.size(), 0U) << problems;
  EXPECT_GE(drill.totals().kills, runs);
  std::printf("%s\n", ToString(drill.totals()).c_str());
}

}  // namespace
}  // namespace edudelta::fault
