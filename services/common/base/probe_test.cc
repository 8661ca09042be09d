#include "common/base/probe.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta {
namespace {

absl::Status Asked(std::vector<std::string> words, const std::function<absl::Status(Health)>& ask) {
  std::vector<char*> argv = {const_cast<char*>("program"), const_cast<char*>("--probe")};
  for (std::string& word : words) argv.push_back(word.data());
  return RunProbe(static_cast<int>(argv.size()), argv.data(), ask);
}

TEST(RunProbe, AsksForWhatWasSaid) {
  std::vector<Health> asked;
  const auto ask = [&](Health health) { return asked.push_back(health), absl::OkStatus(); };
  EXPECT_TRUE(Asked({"live"}, ask).ok());
  EXPECT_TRUE(Asked({"ready", "--wait", "1s"}, ask).ok());
  EXPECT_THAT(asked, testing::ElementsAre(Health::kLive, Health::kReady));
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{}, {"alive"}, {"live", "--wait"}, {"live", "--wait", "soon"}, {"live", "1s"}}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Asked(wrong, ask)));
  }
}

TEST(RunProbe, WaitsAsLongAsItWasTold) {
  int asked = 0;
  const auto third = [&](Health) { return ++asked < 3 ? absl::UnavailableError("not yet") : absl::OkStatus(); };
  EXPECT_TRUE(Asked({"ready", "--wait", "1m"}, third).ok());
  EXPECT_EQ(asked, 3);
  EXPECT_TRUE(absl::IsUnavailable(Asked({"ready"}, [](Health) { return absl::UnavailableError("never"); })));
  // Waiting does not help against a wrong configuration.
  EXPECT_TRUE(absl::IsInvalidArgument(
      Asked({"ready", "--wait", "10h"}, [](Health) { return absl::InvalidArgumentError("no address"); })));
}

}  // namespace
}  // namespace edudelta
