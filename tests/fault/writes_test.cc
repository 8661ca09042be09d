// kill -9 of each service and of the database during writes.
#include <cstdio>
#include <string>

#include "gtest/gtest.h"
#include "tests/fault/drill.h"

namespace edudelta::fault {
namespace {

constexpr int kRuns = 50;

TEST(WritesToServices, AreNeitherLostNorDoubled) {
  Drill drill(Drill::Way::kDirect);
  const int runs = SettingOf("FAULT_RUNS", kRuns);
  const std::string problems = drill.Run(runs, {{.service = true},
                                                {.service = true, .failpoint = "after_commit"},
                                                {.database = true},
                                                {.service = true, .database = true},
                                                {.service = true, .database = true, .failpoint = "after_commit"}});
  EXPECT_EQ(problems.size(), 0U) << problems;
  EXPECT_GE(drill.totals().kills, runs);
  std::printf("%s\n", ToString(drill.totals()).c_str());
}

}  // namespace
}  // namespace edudelta::fault
