#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "common/codes/identifiers.h"

namespace edudelta::codes {

inline constexpr absl::CivilDay kToday(2026, 11, 21);

// A resident number by its first 17 characters.
inline std::string WithCheck(absl::string_view first17) {
  return absl::StrCat(first17, std::string(1, ResidentIdCheck(first17).value_or('?')));
}

}  // namespace edudelta::codes
