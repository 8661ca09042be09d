#pragma once

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

// Check characters and structure of the national identifiers. Pure; a body of wrong length or alphabet gives nothing.
namespace edudelta::codes {

// GB 11643, MOD 11-2: the 18th character of a resident identity number from its 17 digits.
std::optional<char> ResidentIdCheck(absl::string_view first17);

// GB 32100, MOD 31: the 18th character of a 统一社会信用代码 from the first 17.
std::optional<char> SocialCreditCheck(absl::string_view first17);

// GB 11714: the 9th character of a 组织机构代码 from the first 8.
std::optional<char> OrganizationCodeCheck(absl::string_view first8);

// Digits 7 to 14 of a resident identity number, when they are a real day from 1800 on.
std::optional<absl::CivilDay> ResidentIdBirthDay(absl::string_view id);

// Whether the two digits are a province of GB/T 2260, or 90 to 99, which the standard leaves free and regions marked as
// fictional use.
bool IsProvince(absl::string_view two_digits);

// Whether the two digits are a category of the 学校(机构)标识码.
bool IsSchoolCodeCategory(absl::string_view two_digits);

bool AllDigits(absl::string_view text);

}  // namespace edudelta::codes
