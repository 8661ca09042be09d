#include "common/base/decimal.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

#include "common/base/error.h"

namespace edudelta {
namespace {

TEST(ParseDecimal, ScalesExactly) {
  EXPECT_EQ(*ParseDecimal("4.5", 2), 450);
  EXPECT_EQ(*ParseDecimal("0", 4), 0);
  EXPECT_EQ(*ParseDecimal("-0.25", 2), -25);
  EXPECT_EQ(*ParseDecimal("007", 0), 7);
  EXPECT_EQ(*ParseDecimal("99.9", 4), 999000);
  EXPECT_EQ(*ParseDecimal("1.500", 2), 150) << "zeros past the scale say nothing";
}

TEST(ParseDecimal, ReachesTheEndsOfTheRange) {
  EXPECT_EQ(*ParseDecimal("9223372036854775807", 0), INT64_MAX);
  EXPECT_EQ(*ParseDecimal("-9223372036854775808", 0), INT64_MIN);
  EXPECT_EQ(ReasonOf(ParseDecimal("9223372036854775808", 0).status()), "DECIMAL_OUT_OF_RANGE");
  EXPECT_EQ(ReasonOf(ParseDecimal("-9223372036854775809", 0).status()), "DECIMAL_OUT_OF_RANGE");
  EXPECT_EQ(ReasonOf(ParseDecimal("92233720368547758.08", 2).status()), "DECIMAL_OUT_OF_RANGE");
  EXPECT_EQ(ReasonOf(ParseDecimal(std::string(400, '9'), 2).status()), "DECIMAL_OUT_OF_RANGE");
}

TEST(ParseDecimal, RefusesWhatIsNotAPlainDecimal) {
  for (const char* text :
       {"", "-", ".", "1.", ".5", "+1", "1e3", " 1", "1 ", "1,000", "１", "--1", "1.2.3", "1.-2", "0x1"}) {
    EXPECT_EQ(ReasonOf(ParseDecimal(text, 2).status()), "DECIMAL_FORMAT") << text;
  }
}

TEST(ParseDecimal, NeverRounds) {
  EXPECT_EQ(ReasonOf(ParseDecimal("1.005", 2).status()), "DECIMAL_TOO_PRECISE");
  EXPECT_EQ(ReasonOf(ParseDecimal("0.1", 0).status()), "DECIMAL_TOO_PRECISE");
}

TEST(FormatDecimal, KeepsOrDropsTrailingZeros) {
  EXPECT_EQ(FormatDecimal(150, 2), "1.50");
  EXPECT_EQ(FormatDecimal(5, 4), "0.0005");
  EXPECT_EQ(FormatDecimal(-5, 1), "-0.5");
  EXPECT_EQ(FormatDecimal(42, 0), "42");
  EXPECT_EQ(FormatDecimal(INT64_MIN, 2), "-92233720368547758.08");
  EXPECT_EQ(FormatDecimalShort(150, 2), "1.5");
  EXPECT_EQ(FormatDecimalShort(20000, 2), "200");
  EXPECT_EQ(FormatDecimalShort(100, 0), "100");
  EXPECT_EQ(FormatDecimalShort(0, 4), "0");
}

TEST(FormatDecimal, ParsesBack) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 10000; ++i) {
    const int64_t value = static_cast<int64_t>(random());
    const int scale = static_cast<int>(random() % 19);
    EXPECT_EQ(*ParseDecimal(FormatDecimal(value, scale), scale), value);
    EXPECT_EQ(*ParseDecimal(FormatDecimalShort(value, scale), scale), value);
  }
}

}  // namespace
}  // namespace edudelta
