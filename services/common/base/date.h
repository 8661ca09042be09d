#pragma once

#include <optional>

#include "absl/time/civil_time.h"
#include "google/type/date.pb.h"

// google.type.Date is the wire form of a day in Asia/Shanghai; absl::CivilDay is what the rules compute with. Pure.
namespace edudelta {

// Nothing when it is unset, a partial date (day or month 0) or no day of the calendar (30 February).
std::optional<absl::CivilDay> ToCivilDay(const google::type::Date& date);

google::type::Date ToDate(absl::CivilDay day);

}  // namespace edudelta
