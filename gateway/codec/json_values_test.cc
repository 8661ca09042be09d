#include "gateway/codec/json_values.h"

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::codec {
namespace {

using ::testing::ElementsAre;

TEST(ParseInt64, TakesExactIntegersInAnyForm) {
  int64_t value;
  for (const auto& [text, expected] :
       std::vector<std::pair<const char*, int64_t>>{{"0", 0},
                                                    {"-1", -1},
                                                    {"1.0", 1},
                                                    {"1e3", 1000},
                                                    {"1.5e1", 15},
                                                    {"-0", 0},
                                                    {"9223372036854775807", INT64_MAX},
                                                    {"-9223372036854775808", INT64_MIN}}) {
    EXPECT_EQ(ParseInt64(text, true, &value), NumberError::kNone) << text;
    EXPECT_EQ(value, expected) << text;
  }
  for (const char* text : {"", "-", "+1", " 1", "1 ", "1.5", "0x10", "1e", "NaN", "1e-1", "一"}) {
    EXPECT_EQ(ParseInt64(text, true, &value), NumberError::kNotANumber) << text;
  }
  for (const char* text : {"9223372036854775808", "1e19", "-9223372036854775809", "1e400"}) {
    EXPECT_EQ(ParseInt64(text, true, &value), NumberError::kOutOfRange) << text;
  }
}

TEST(ParseInt64, TakesOnlyDigitsInQuotes) {
  int64_t value;
  EXPECT_EQ(ParseInt64("-12", false, &value), NumberError::kNone);
  EXPECT_EQ(ParseInt64("1.0", false, &value), NumberError::kNotANumber);
  EXPECT_EQ(ParseInt64("9223372036854775808", false, &value), NumberError::kOutOfRange);
}

TEST(ParseUint32, RefusesNegativeAndTooBig) {
  uint32_t value;
  EXPECT_EQ(ParseUint32("4294967295", true, &value), NumberError::kNone);
  EXPECT_EQ(ParseUint32("4294967296", true, &value), NumberError::kOutOfRange);
  EXPECT_EQ(ParseUint32("-1", true, &value), NumberError::kOutOfRange);
}

TEST(ParseDouble, KnowsTheEdges) {
  double value;
  EXPECT_EQ(ParseDouble("1e-400", false, &value), NumberError::kNone);
  EXPECT_EQ(value, 0);
  EXPECT_EQ(ParseDouble("1e400", false, &value), NumberError::kOutOfRange);
  EXPECT_EQ(ParseDouble("NaN", false, &value), NumberError::kNotANumber);
  EXPECT_EQ(ParseDouble("NaN", true, &value), NumberError::kNone);
  float small;
  EXPECT_EQ(ParseFloat("3.5e38", true, &small), NumberError::kOutOfRange);
  EXPECT_EQ(ParseFloat("-Infinity", true, &small), NumberError::kNone);
}

TEST(ParseDate, RefusesDaysThatDoNotExist) {
  int y, m, d;
  EXPECT_TRUE(ParseDate("2024-02-29", &y, &m, &d));
  for (const char* text : {"2025-02-29", "2025-13-01", "2025-00-01", "2025-01-00", "2025-1-1", "2025-04-31",
                           "0000-01-01", "2025-01-01 ", "2025/01/01", "20250101"}) {
    EXPECT_FALSE(ParseDate(text, &y, &m, &d)) << text;
  }
}

TEST(Timestamp, GoesBothWays) {
  for (const char* text : {"1970-01-01T00:00:00Z", "2026-11-21T20:30:00.120Z", "0001-01-01T00:00:00Z",
                           "9999-12-31T23:59:59.999999999Z", "2026-11-21T20:30:00.000001Z"}) {
    int64_t seconds;
    int32_t nanos;
    ASSERT_TRUE(ParseTimestamp(text, &seconds, &nanos)) << text;
    char buffer[64];
    EXPECT_EQ(std::string(buffer, FormatTimestamp(seconds, nanos, buffer)), text);
  }
  int64_t seconds;
  int32_t nanos;
  ASSERT_TRUE(ParseTimestamp("1970-01-01T08:00:00+08:00", &seconds, &nanos));
  EXPECT_EQ(seconds, 0);
  for (const char* text :
       {"2026-11-21 20:30:00Z", "2026-11-21T20:30:00", "2026-11-21T24:00:00Z", "2026-02-30T00:00:00Z",
        "2026-11-21T20:30:60Z", "2026-11-21T20:30:00.Z", "2026-11-21T20:30:00.1234567890Z", "0001-01-01T00:00:00+00:01",
        "2026-11-21T20:30:00+0800"}) {
    EXPECT_FALSE(ParseTimestamp(text, &seconds, &nanos)) << text;
  }
  char buffer[64];
  EXPECT_EQ(FormatTimestamp(253402300800, 0, buffer), nullptr);
}

TEST(Timestamp, AgreesWithAbseilOnEveryDay) {
  for (int64_t day = -719162; day < 2932897; day += 1) {
    const absl::CivilDay civil = absl::CivilDay(1970) + day;
    char buffer[64];
    const std::string text(buffer, FormatTimestamp(day * 86400 + 86399, 0, buffer));
    ASSERT_EQ(text, absl::StrCat(absl::FormatCivilTime(civil).size() < 10
                                     ? std::string(10 - absl::FormatCivilTime(civil).size(), '0')
                                     : "",
                                 absl::FormatCivilTime(civil), "T23:59:59Z"));
    int64_t seconds;
    int32_t nanos;
    ASSERT_TRUE(ParseTimestamp(text, &seconds, &nanos)) << text;
    ASSERT_EQ(seconds, day * 86400 + 86399);
  }
}

TEST(FieldMask, GoesBothWays) {
  std::vector<std::string> paths;
  ASSERT_TRUE(ParseFieldMask("displayName,an_inner.text,school.townCode", &paths));
  EXPECT_THAT(paths, ElementsAre("display_name", "an_inner.text", "school.town_code"));
  EXPECT_FALSE(ParseFieldMask("a,,b", &paths));
  std::string out;
  EXPECT_TRUE(FormatFieldMaskPath("school.town_code", &out));
  EXPECT_EQ(out, "school.townCode");
  EXPECT_FALSE(FormatFieldMaskPath("Name", &out));
}

TEST(ParseBase64, TakesBothAlphabets) {
  std::string bytes;
  for (const char* text : {"-_8=", "+/8=", "-_8", "+/8"}) {
    ASSERT_TRUE(ParseBase64(text, &bytes)) << text;
    EXPECT_EQ(bytes, "\xfb\xff");
  }
  EXPECT_FALSE(ParseBase64("a b=", &bytes));
  EXPECT_FALSE(ParseBase64("/w=.", &bytes));
  EXPECT_FALSE(ParseBase64("?", &bytes));
}

}  // namespace
}  // namespace edudelta::gateway::codec
