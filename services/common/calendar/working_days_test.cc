#include "common/calendar/working_days.h"

#include <gtest/gtest.h>

#include "common/base/error.h"

namespace edudelta::calendar {
namespace {

using absl::CivilDay;

TEST(WorkingDays, FollowsTheNotices) {
  const WorkingDays days = WorkingDays::Embedded();
  EXPECT_FALSE(days.IsWorkingDay(CivilDay(2024, 2, 12)));
  EXPECT_TRUE(days.IsWorkingDay(CivilDay(2024, 2, 18)));
  EXPECT_FALSE(days.IsWorkingDay(CivilDay(2025, 10, 8)));
  EXPECT_TRUE(days.IsWorkingDay(CivilDay(2025, 9, 28)));
  EXPECT_FALSE(days.IsWorkingDay(CivilDay(2026, 1, 2)));
  EXPECT_TRUE(days.IsWorkingDay(CivilDay(2026, 1, 4)));
  EXPECT_TRUE(days.IsWorkingDay(CivilDay(2026, 10, 10)));
  EXPECT_FALSE(days.IsWorkingDay(CivilDay(2026, 11, 21)));
  EXPECT_TRUE(days.IsWorkingDay(CivilDay(2026, 11, 20)));
}

// The weekdays of the year, less holidays on weekdays, plus make-up days.
TEST(WorkingDays, AYearHasItsNumber) {
  const WorkingDays days = WorkingDays::Embedded();
  EXPECT_EQ(days.Between(CivilDay(2023, 12, 31), CivilDay(2024, 12, 31)), 251);
  EXPECT_EQ(days.Between(CivilDay(2024, 12, 31), CivilDay(2025, 12, 31)), 248);
  EXPECT_EQ(days.Between(CivilDay(2025, 12, 31), CivilDay(2026, 12, 31)), 248);
}

TEST(WorkingDays, WithoutNoticeWhatTheLawNamesIsOff) {
  const WorkingDays days = WorkingDays::Parse("day,kind,name\n2026-01-01,off,元旦\n").value();
  EXPECT_TRUE(days.HasNoticeFor(2026));
  EXPECT_FALSE(days.HasNoticeFor(2027));
  EXPECT_TRUE(days.IsWorkingDay(CivilDay(2026, 10, 1))) << "the notice says nothing of it";
  for (const CivilDay off : {CivilDay(2027, 1, 1), CivilDay(2028, 5, 1), CivilDay(2028, 5, 2), CivilDay(2027, 10, 1),
                             CivilDay(2027, 10, 2)}) {
    EXPECT_FALSE(days.IsWorkingDay(off)) << off;
  }
  EXPECT_TRUE(days.IsWorkingDay(CivilDay(2027, 10, 4)));
  EXPECT_TRUE(days.IsWorkingDay(CivilDay(2027, 2, 8))) << "the moon's holidays are not known";
  EXPECT_TRUE(days.HasNoticesFor(CivilDay(2026, 1, 1), CivilDay(2026, 12, 31)));
  EXPECT_FALSE(days.HasNoticesFor(CivilDay(2026, 12, 31), CivilDay(2027, 1, 1)));
  EXPECT_FALSE(days.HasNoticesFor(CivilDay(2025, 12, 31), CivilDay(2027, 1, 1)));
}

// 60 working days from 27 November, before and after the notice of the next year is there.
TEST(WorkingDays, CountsAnewWhenTheNoticeIsThere) {
  const std::string known = "day,kind,name\n2026-01-01,off,元旦\n";
  std::string more = known + "2027-01-01,off,元旦\n";
  for (int day = 5; day <= 11; ++day)
    more += "2027-02-" + std::string(day < 10 ? "0" : "") + std::to_string(day) + ",off,春节\n";
  const WorkingDays old = WorkingDays::Parse(known).value(),
                    now = WorkingDays::Parse(more + "2027-02-20,work,春节\n").value();
  const CivilDay assigned(2026, 11, 27);
  const CivilDay provisional = old.Add(assigned, 60);
  EXPECT_EQ(provisional, CivilDay(2027, 2, 22));
  EXPECT_EQ(now.Recounted(assigned, provisional, 2027), now.Add(assigned, 60));
  for (int n = 1; n < 600; ++n) {
    ASSERT_EQ(now.Recounted(assigned, old.Add(assigned, n), 2027), now.Add(assigned, n)) << n;
  }
  EXPECT_EQ(now.Recounted(assigned, CivilDay(2026, 12, 30), 2027), CivilDay(2026, 12, 30));
  const CivilDay after(2027, 5, 20);
  for (int n = 1; n < 100; ++n) {
    ASSERT_EQ(now.Recounted(after, old.Add(after, n), 2027), now.Add(after, n)) << n << ": holidays before count not";
  }
}

TEST(WorkingDays, AddSkipsHolidaysAndCountsMakeUpDays) {
  const WorkingDays days = WorkingDays::Embedded();
  EXPECT_EQ(days.Add(CivilDay(2025, 9, 30), 1), CivilDay(2025, 10, 9));
  EXPECT_EQ(days.Add(CivilDay(2025, 9, 30), 3), CivilDay(2025, 10, 11));
  EXPECT_EQ(days.Add(CivilDay(2025, 10, 3), 1), CivilDay(2025, 10, 9));
  EXPECT_EQ(days.Add(CivilDay(2025, 9, 26), 1), CivilDay(2025, 9, 28));
  EXPECT_EQ(days.Add(CivilDay(2025, 10, 9), -1), CivilDay(2025, 9, 30));
  EXPECT_EQ(days.Add(CivilDay(2025, 10, 4), 0), CivilDay(2025, 10, 4));
}

TEST(WorkingDays, BetweenAgreesWithCountingAndWithAdd) {
  const WorkingDays days = WorkingDays::Embedded();
  for (CivilDay from(2024, 9, 1); from < CivilDay(2027, 6, 1); from += from.year() == 2025 ? 30 : 1) {
    int counted = 0;
    for (CivilDay to = from; to < from + 60;) {
      ++to;
      counted += days.IsWorkingDay(to);
      ASSERT_EQ(days.Between(from, to), counted) << from << " " << to;
      ASSERT_EQ(days.Between(to, from), -counted);
    }
    for (int n = 0; n < 40; ++n) {
      const CivilDay end = days.Add(from, n);
      ASSERT_EQ(days.Between(from, end), n);
      ASSERT_TRUE(n == 0 || days.IsWorkingDay(end));
    }
  }
}

TEST(WorkingDays, ParseRefusesDefects) {
  EXPECT_TRUE(WorkingDays::Parse("day,kind,name\n2027-01-01,off,元旦\n").ok());
  for (const char* text :
       {"", "2027-01-01,off,x\n", "day,kind,name\n2027-02-30,off,x\n", "day,kind,name\n2027-01-01,free,x\n",
        "day,kind,name\n2027-01-01,off\n", "day,kind,name\n2027-01-02,off,x\n2027-01-01,off,x\n",
        "day,kind,name\n2027-01-01,off,x\n2027-01-01,work,x\n"}) {
    EXPECT_EQ(ReasonOf(WorkingDays::Parse(text).status()), "HOLIDAYS_MALFORMED") << text;
  }
}

}  // namespace
}  // namespace edudelta::calendar
