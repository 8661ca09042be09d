#include "common/calendar/days.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

namespace edudelta::calendar {
namespace {

constexpr int kFirstMonthOfSchoolYear = 9;

absl::TimeZone Shanghai() { return absl::FixedTimeZone(8 * 60 * 60); }

}  // namespace

absl::CivilDay DayOf(absl::Time instant) { return absl::ToCivilDay(instant, Shanghai()); }

absl::Time StartOf(absl::CivilDay day) { return absl::FromCivil(day, Shanghai()); }

absl::CivilDay Today(const Clock& clock) { return DayOf(clock.Now()); }

std::optional<absl::CivilDay> MakeDay(int year, int month, int day) {
  if (year < 1 || year > 9999) return std::nullopt;
  const absl::CivilDay normalized(year, month, day);
  if (normalized.year() != year || normalized.month() != month || normalized.day() != day) return std::nullopt;
  return normalized;
}

std::optional<absl::CivilDay> FromProto(const google::type::Date& date) {
  return MakeDay(date.year(), date.month(), date.day());
}

google::type::Date ToProto(absl::CivilDay day) {
  google::type::Date date;
  date.set_year(static_cast<int>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

std::optional<absl::CivilDay> ParseDay(absl::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto number = [&](size_t at, size_t size) {
    const absl::string_view digits = text.substr(at, size);
    int value = -1;
    const bool clean = std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit);
    return clean && absl::SimpleAtoi(digits, &value) ? value : -1;
  };
  return MakeDay(number(0, 4), number(5, 2), number(8, 2));
}

std::string FormatDay(absl::CivilDay day) {
  return absl::StrFormat("%04d-%02d-%02d", day.year(), day.month(), day.day());
}

int SchoolYearOf(absl::CivilDay day) {
  return static_cast<int>(day.year()) - (day.month() < kFirstMonthOfSchoolYear ? 1 : 0);
}

absl::CivilDay FirstDayOfSchoolYear(int school_year) { return absl::CivilDay(school_year, kFirstMonthOfSchoolYear, 1); }

absl::CivilDay LastDayOfSchoolYear(int school_year) { return FirstDayOfSchoolYear(school_year + 1) - 1; }

}  // namespace edudelta::calendar
