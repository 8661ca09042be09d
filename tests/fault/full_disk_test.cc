// The database's disk has no room left during writes, and somebody makes some.
#include <cstdio>
#include <string>

#include "gtest/gtest.h"
#include "tests/fault/disk.h"
#include "tests/fault/drill.h"

namespace edudelta::fault {
namespace {

constexpr int kRuns = 15;

TEST(WritesOnAFullDisk, AreNeitherLostNorDoubled) {
  const auto disk = Disk::Mount();
  if (!disk.ok()) GTEST_SKIP() << "needs a file system of its own: " << disk.status();
  Drill drill(Drill::Way::kRest, disk->get());
  const int runs = SettingOf("FAULT_RUNS", kRuns);
  const std::string problems =
      drill.Run(runs, {{.full = true}, {.service = true, .full = true}, {.database = true, .full = true}});
  EXPECT_EQ(problems.size(), 0U) << problems;
  EXPECT_EQ(drill.totals().fills, runs);
  std::printf("%s\n", ToString(drill.totals()).c_str());
}

}  // namespace
}  // namespace edudelta::fault
