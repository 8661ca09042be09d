#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "google/type/date.pb.h"

// Days are days in Asia/Shanghai, which is UTC+8 all year; no time zone database is needed. Pure and thread-safe.
namespace edudelta::calendar {

// The day on which an instant falls, and the instant at which a day begins.
absl::CivilDay DayOf(absl::Time instant);
absl::Time StartOf(absl::CivilDay day);
absl::CivilDay Today(const Clock& clock);

// A real day of the years 1 to 9999, or nothing (2025-02-30; year, month or day 0).
std::optional<absl::CivilDay> MakeDay(int year, int month, int day);
std::optional<absl::CivilDay> FromProto(const google::type::Date& date);
inline bool IsValid(const google::type::Date& date) { return FromProto(date).has_value(); }
google::type::Date ToProto(absl::CivilDay day);

// "2025-09-01" exactly: four, two and two digits.
std::optional<absl::CivilDay> ParseDay(absl::string_view text);
std::string FormatDay(absl::CivilDay day);

// A school year runs from 1 September to 31 August and is named by the year it begins in: 2025 is 2025-2026.
int SchoolYearOf(absl::CivilDay day);
absl::CivilDay FirstDayOfSchoolYear(int school_year);
absl::CivilDay LastDayOfSchoolYear(int school_year);

}  // namespace edudelta::calendar
