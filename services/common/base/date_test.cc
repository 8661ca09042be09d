#include "common/base/date.h"

#include <gtest/gtest.h>

namespace edudelta {
namespace {

google::type::Date Date(int year, int month, int day) {
  google::type::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

TEST(ToCivilDay, TakesRealDaysOnly) {
  EXPECT_EQ(ToCivilDay(Date(2024, 2, 29)), absl::CivilDay(2024, 2, 29));
  EXPECT_EQ(ToCivilDay(Date(2023, 2, 29)), std::nullopt);
  EXPECT_EQ(ToCivilDay(Date(2024, 13, 1)), std::nullopt);
  EXPECT_EQ(ToCivilDay(Date(2024, 5, 0)), std::nullopt) << "a month is no day";
  EXPECT_EQ(ToCivilDay(Date(0, 5, 1)), std::nullopt) << "an anniversary is no day";
  EXPECT_EQ(ToCivilDay(google::type::Date()), std::nullopt);
}

TEST(ToDate, ComesBack) {
  for (absl::CivilDay day(1999, 12, 25); day < absl::CivilDay(2000, 3, 5); ++day) EXPECT_EQ(ToCivilDay(ToDate(day)), day);
}

}  // namespace
}  // namespace edudelta
