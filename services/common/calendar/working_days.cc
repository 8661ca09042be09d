#include "common/calendar/working_days.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/calendar/days.h"

namespace edudelta::calendar {

// Generated from holidays.csv.
absl::string_view HolidaysText();

namespace {

bool IsWeekday(absl::CivilDay day) {
  const absl::Weekday weekday = absl::GetWeekday(day);
  return weekday != absl::Weekday::saturday && weekday != absl::Weekday::sunday;
}

// 全国年节及纪念日放假办法 (2024), of the days that are the same each year.
struct Fixed {
  int month, day;
};
constexpr Fixed kFixed[] = {{1, 1}, {5, 1}, {5, 2}, {10, 1}, {10, 2}, {10, 3}};

bool IsFixedHoliday(absl::CivilDay day) {
  return std::any_of(std::begin(kFixed), std::end(kFixed),
                     [&](const Fixed& fixed) { return fixed.month == day.month() && fixed.day == day.day(); });
}

absl::Status Malformed(int line) {
  return Error(absl::StatusCode::kInvalidArgument, "HOLIDAYS_MALFORMED", "节假日文件有错误",
               {{"line", absl::StrCat(line)}});
}

}  // namespace

WorkingDays WorkingDays::Embedded() {
  absl::StatusOr<WorkingDays> days = Parse(HolidaysText());
  if (!days.ok()) std::abort();
  return *std::move(days);
}

absl::StatusOr<WorkingDays> WorkingDays::Parse(absl::string_view csv) {
  WorkingDays result;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(csv, '\n')) {
    ++number;
    line = absl::StripSuffix(line, "\r");
    if (number == 1 && line != "day,kind,name") return Malformed(number);
    if (number == 1 || line.empty()) continue;
    const std::vector<absl::string_view> parts = absl::StrSplit(line, ',');
    if (parts.size() != 3 || (parts[1] != "off" && parts[1] != "work")) return Malformed(number);
    const std::optional<absl::CivilDay> day = ParseDay(parts[0]);
    if (!day || (!result.named_.empty() && *day <= result.named_.rbegin()->first)) return Malformed(number);
    result.named_[*day] = parts[1] == "work";
    result.years_.insert(static_cast<int>(day->year()));
  }
  return result;
}

bool WorkingDays::IsWorkingDay(absl::CivilDay day) const {
  const auto named = named_.find(day);
  if (named != named_.end()) return named->second;
  return IsWeekday(day) && (HasNoticeFor(static_cast<int>(day.year())) || !IsFixedHoliday(day));
}

bool WorkingDays::HasNoticesFor(absl::CivilDay from, absl::CivilDay to) const {
  for (auto year = from.year(); year <= to.year(); ++year) {
    if (!HasNoticeFor(static_cast<int>(year))) return false;
  }
  return true;
}

absl::CivilDay WorkingDays::Recounted(absl::CivilDay from, absl::CivilDay due, int year) const {
  WorkingDays before = *this;
  before.years_.erase(before.years_.lower_bound(year), before.years_.end());
  before.named_.erase(before.named_.lower_bound(absl::CivilDay(year, 1, 1)), before.named_.end());
  const absl::CivilDay known = std::max(from, absl::CivilDay(year - 1, 12, 31));
  return due <= known ? due : Add(known, before.Between(known, due));
}

absl::CivilDay WorkingDays::Add(absl::CivilDay day, int n) const {
  const int step = n < 0 ? -1 : 1;
  for (; n != 0; n -= step) {
    do {
      day += step;
    } while (!IsWorkingDay(day));
  }
  return day;
}

int WorkingDays::Between(absl::CivilDay from, absl::CivilDay to) const {
  if (to < from) return -Between(to, from);
  const int days = static_cast<int>(to - from);
  int count = days / 7 * 5;
  for (absl::CivilDay day = to - days % 7; day < to;) count += IsWeekday(++day);
  for (auto at = named_.upper_bound(from); at != named_.end() && at->first <= to; ++at) {
    count += static_cast<int>(at->second) - static_cast<int>(IsWeekday(at->first));
  }
  for (auto year = from.year(); year <= to.year(); ++year) {
    if (HasNoticeFor(static_cast<int>(year))) continue;
    for (const Fixed& fixed : kFixed) {
      const absl::CivilDay day(year, fixed.month, fixed.day);
      if (day > from && day <= to && IsWeekday(day)) --count;
    }
  }
  return count;
}

}  // namespace edudelta::calendar
