#include "common/base/date.h"

namespace edudelta {

std::optional<absl::CivilDay> ToCivilDay(const google::type::Date& date) {
  if (date.year() < 1 || date.year() > 9999) return std::nullopt;
  const absl::CivilDay day(date.year(), date.month(), date.day());
  const bool normalized = day.year() != date.year() || day.month() != date.month() || day.day() != date.day();
  return normalized ? std::nullopt : std::optional(day);
}

google::type::Date ToDate(absl::CivilDay day) {
  google::type::Date date;
  date.set_year(static_cast<int>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

}  // namespace edudelta
