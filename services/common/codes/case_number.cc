#include "common/codes/case_number.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/codes/identifiers.h"

namespace edudelta::codes {
namespace {

constexpr std::size_t kIdentityNumber = 18;
constexpr std::size_t kMobileNumber = 11;
// Days.
constexpr int kTwoYears = 731;

bool IsAllowed(char c) { return absl::ascii_isalnum(c) || absl::StrContains("-_./:()#", c); }

bool IsIdentityNumber(absl::string_view text, absl::CivilDay today) {
  const auto birth = ResidentIdBirthDay(text);
  const auto check = ResidentIdCheck(text.substr(0, kIdentityNumber - 1));
  return birth && check && *check == absl::ascii_toupper(text.back()) && IsProvince(text.substr(0, 2)) &&
         today - *birth >= kTwoYears;
}

// Anywhere: a digit before or behind it hides nothing.
bool HoldsIdentityNumber(absl::string_view text, absl::CivilDay today) {
  for (std::size_t at = 0; at + kIdentityNumber <= text.size(); ++at) {
    if (IsIdentityNumber(text.substr(at, kIdentityNumber), today)) return true;
  }
  return false;
}

// Alone or behind 86: eleven digits of a longer number are nobody's.
bool HoldsMobileNumber(absl::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::find_if_not(text.begin() + at, text.end(), absl::ascii_isdigit) - text.begin();
    absl::string_view digits = text.substr(at, end - at);
    if (digits.size() == kMobileNumber + 2) absl::ConsumePrefix(&digits, "86");
    if (digits.size() == kMobileNumber && digits[0] == '1' && digits[1] >= '3') return true;
    at = static_cast<std::size_t>(end) + 1;
  }
  return false;
}

}  // namespace

bool HoldsPersonalNumber(absl::string_view text, absl::CivilDay today) {
  return HoldsIdentityNumber(text, today) || HoldsMobileNumber(text);
}

std::string WithoutPersonalNumber(absl::string_view text) {
  return HoldsPersonalNumber(text, absl::ToCivilDay(absl::Now(), absl::UTCTimeZone())) ? "…" : std::string(text);
}

CaseNumberFault CheckCaseNumber(absl::string_view text, absl::CivilDay today) {
  const bool formed = !text.empty() && text.size() <= kLongestCaseNumber && absl::ascii_isalnum(text.front()) &&
                      std::all_of(text.begin(), text.end(), IsAllowed);
  if (!formed) return CaseNumberFault::kFormat;
  return HoldsPersonalNumber(text, today) ? CaseNumberFault::kPersonal : CaseNumberFault::kNone;
}

}  // namespace edudelta::codes
