#include "common/log/log.h"

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace edudelta::log {
namespace {

class FixedClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixMicros(1772323200000042); }
};

struct LoggerTest : testing::Test {
  nlohmann::json Last() { return nlohmann::json::parse(lines.back()); }

  std::vector<std::string> lines;
  FixedClock clock;
  Logger logger{"planning", clock, Level::kInfo, [this](const std::string& line) { lines.push_back(line); }};
};

TEST_F(LoggerTest, WritesTimeLevelServiceEventFieldsAndTrace) {
  logger.Info("call", {{"method", "Get"}, {"rows", 3}, {"ms", 1.5}, {"cached", true}}, "ab12");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0],
            "{\"time\":\"2026-03-01T00:00:00.000042Z\",\"level\":\"info\",\"service\":\"planning\",\"event\":\"call\","
            "\"trace_id\":\"ab12\",\"fields\":{\"method\":\"Get\",\"rows\":3,\"ms\":1.5,\"cached\":true}}");
}

TEST_F(LoggerTest, EscapesWhateverIsLogged) {
  logger.Error("odd", {{"text", "a\"b\\c\nd\x01 \xe5\x98\x89\xe5\xae\x9a"}, {"bytes", "\xff\xfe"}});
  EXPECT_EQ(lines[0].find('\n'), std::string::npos);
  EXPECT_EQ(Last()["fields"]["text"], "a\"b\\c\nd\x01 \xe5\x98\x89\xe5\xae\x9a");
  EXPECT_EQ(Last()["fields"]["bytes"], "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_F(LoggerTest, LeavesOutWhatIsBelowItsLevel) {
  logger.Debug("quiet");
  EXPECT_TRUE(lines.empty());
  logger.Warning("loud");
  EXPECT_EQ(Last()["level"], "warning");
}

TEST_F(LoggerTest, AFieldCannotReplaceAnEnvelopeKey) {
  logger.Info("call", {{"service", "other"}});
  EXPECT_EQ(Last()["service"], "planning");
}

TEST(ParseLevel, KnowsTheFourNames) {
  Level level;
  EXPECT_TRUE(ParseLevel("error", &level));
  EXPECT_EQ(level, Level::kError);
  EXPECT_FALSE(ParseLevel("loud", &level));
}

TEST(StandardErrorLogger, WritesTheLineAsItIs) {
  FixedClock clock;
  testing::internal::CaptureStderr();
  Logger("planning", clock).Info("percent", {{"text", "{} %v %d"}});
  const std::string out = testing::internal::GetCapturedStderr();
  EXPECT_EQ(nlohmann::json::parse(out)["fields"]["text"], "{} %v %d");
}

}  // namespace
}  // namespace edudelta::log
