#include "common/calendar/days.h"

#include <gtest/gtest.h>

namespace edudelta::calendar {
namespace {

using absl::CivilDay;

class FixedClock final : public Clock {
 public:
  explicit FixedClock(absl::Time now) : now_(now) {}
  absl::Time Now() const override { return now_; }

 private:
  absl::Time now_;
};

google::type::Date Date(int year, int month, int day) {
  google::type::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

TEST(Today, TurnsAtFourInTheAfternoonUtc) {
  const absl::Time midnight = absl::FromCivil(absl::CivilSecond(2026, 11, 21, 16, 0, 0), absl::UTCTimeZone());
  EXPECT_EQ(Today(FixedClock(midnight - absl::Microseconds(1))), CivilDay(2026, 11, 21));
  EXPECT_EQ(Today(FixedClock(midnight)), CivilDay(2026, 11, 22));
  EXPECT_EQ(StartOf(CivilDay(2026, 11, 22)), midnight);
}

TEST(Today, HasNoSummerTime) {
  // Shanghai had summer time from 1986 to 1991; days of record do not.
  const absl::Time half_past_eleven = absl::FromCivil(absl::CivilSecond(1988, 7, 1, 15, 30, 0), absl::UTCTimeZone());
  EXPECT_EQ(DayOf(half_past_eleven), CivilDay(1988, 7, 1));
}

TEST(FromProto, RefusesDaysThatDoNotExist) {
  EXPECT_EQ(FromProto(Date(2024, 2, 29)), CivilDay(2024, 2, 29));
  for (const auto& date :
       {Date(2025, 2, 29), Date(2025, 2, 30), Date(2025, 4, 31), Date(2025, 13, 1), Date(2025, 0, 1), Date(2025, 1, 0),
        Date(0, 1, 1), Date(0, 0, 0), Date(10000, 1, 1), Date(2025, -1, 5), Date(-5, 1, 1), Date(1900, 2, 29)}) {
    EXPECT_FALSE(IsValid(date)) << date.ShortDebugString();
  }
}

TEST(Conversions, RoundTripOverFourYears) {
  for (CivilDay day(2023, 12, 31); day < CivilDay(2028, 1, 2); ++day) {
    EXPECT_EQ(FromProto(ToProto(day)), day);
    EXPECT_EQ(ParseDay(FormatDay(day)), day);
    EXPECT_EQ(DayOf(StartOf(day)), day);
    EXPECT_EQ(DayOf(StartOf(day + 1) - absl::Nanoseconds(1)), day);
  }
}

TEST(ParseDay, IsStrict) {
  EXPECT_EQ(ParseDay("2025-09-01"), CivilDay(2025, 9, 1));
  EXPECT_EQ(FormatDay(CivilDay(987, 1, 2)), "0987-01-02");
  for (const char* wrong : {"", "2025-9-1", "2025-02-30", "2025/09/01", "2025-09-01 ", " 025-09-01", "+025-09-01",
                            "2025-09-0a", "2025-09-011", "20250901", "-025-09-01", "0000-01-01"}) {
    EXPECT_EQ(ParseDay(wrong), std::nullopt) << wrong;
  }
}

TEST(SchoolYear, BeginsOnTheFirstOfSeptember) {
  EXPECT_EQ(SchoolYearOf(CivilDay(2025, 8, 31)), 2024);
  EXPECT_EQ(SchoolYearOf(CivilDay(2025, 9, 1)), 2025);
  EXPECT_EQ(SchoolYearOf(CivilDay(2026, 8, 31)), 2025);
  EXPECT_EQ(FirstDayOfSchoolYear(2025), CivilDay(2025, 9, 1));
  EXPECT_EQ(LastDayOfSchoolYear(2025), CivilDay(2026, 8, 31));
}

}  // namespace
}  // namespace edudelta::calendar
