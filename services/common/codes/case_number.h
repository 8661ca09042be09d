#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace edudelta::codes {

inline constexpr std::size_t kLongestCaseNumber = 63;

enum class CaseNumberFault {
  kNone,
  // Not of up to 63 letters, digits and -_./:()#, the first of them a letter or a digit: so no blanks or controls, and
  // nothing that a spreadsheet would take for a formula.
  kFormat,
  // It holds an identity number or a mobile number. Case numbers are read by more people than persons' numbers.
  kPersonal,
};

// Whether an identity number or a mobile number of mainland China stands in a text that has no level of its own. What
// would be the identity number of a child of less than two years at `today` is taken for a date behind a district.
// Pure.
bool HoldsPersonalNumber(absl::string_view text, absl::CivilDay today);

// What an error may repeat of a text that was written where a name or a code belongs: the text, or "…" when it holds
// such a number.
std::string WithoutPersonalNumber(absl::string_view text);

// 办件编号, which the one who reads states. Numbers that begin with a district and a day are usual. Pure.
CaseNumberFault CheckCaseNumber(absl::string_view text, absl::CivilDay today);

}  // namespace edudelta::codes
