// Values: decimals, days, identifiers, masks.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/decimal.h"
#include "common/base/error.h"
#include "common/calendar/days.h"
#include "common/codes/format.h"
#include "common/codes/identifiers.h"
#include "common/codes/mask.h"
#include "tests/fuzz/target.h"

namespace edudelta::fuzz {
namespace {

using options::v1::Field;

// "-007.50" to "-7.5", by characters alone.
std::string Canonical(absl::string_view text) {
  const bool negative = absl::ConsumePrefix(&text, "-");
  while (text.size() > 1 && text[0] == '0' && text[1] != '.') text.remove_prefix(1);
  if (absl::StrContains(text, '.')) {
    while (absl::EndsWith(text, "0")) text.remove_suffix(1);
    text = absl::StripSuffix(text, ".");
  }
  return absl::StrCat(negative && text != "0" ? "-" : "", text);
}

bool TryDecimal(absl::string_view text) {
  bool taken = false;
  for (const int scale : {0, 2, 6, 18}) {
    const auto value = ParseDecimal(text, scale);
    if (!value.ok()) {
      MustBeRefusal(value.status(), "DECIMAL_FORMAT DECIMAL_TOO_PRECISE DECIMAL_OUT_OF_RANGE");
      continue;
    }
    taken = true;
    Must(FormatDecimalShort(*value, scale) == Canonical(text), "a number is itself", text);
    Must(ParseDecimal(FormatDecimal(*value, scale), scale).value() == *value, "printed and read again it is the same",
         text);
  }
  return taken;
}

bool TryDay(absl::string_view text) {
  const auto day = calendar::ParseDay(text);
  if (!day) return false;
  Must(calendar::FormatDay(*day) == text, "printed it is the same", text);
  Must(calendar::FromProto(calendar::ToProto(*day)) == day, "as a message it is the same", text);
  Must(calendar::DayOf(calendar::StartOf(*day)) == *day, "it begins on itself", text);
  const int year = calendar::SchoolYearOf(*day);
  Must(calendar::FirstDayOfSchoolYear(year) <= *day && *day <= calendar::LastDayOfSchoolYear(year),
       "in its school year", text);
  return true;
}

bool TryFormat(Field::Format format, absl::string_view text) {
  const absl::Status status = codes::CheckFormat(format, "field", text, absl::CivilDay(2026, 11, 21));
  if (status.ok()) {
    if (format == Field::RESIDENT_ID && !text.empty()) {
      Must(text.size() == 18 && codes::ResidentIdCheck(text.substr(0, 17)) == absl::ascii_toupper(text[17]) &&
               codes::ResidentIdBirthDay(text) < absl::CivilDay(2026, 11, 22),
           "an identity number checks", text);
    }
    return !text.empty();
  }
  Must(status.code() == absl::StatusCode::kInvalidArgument && !ReasonOf(status).empty() && FieldOf(status) == "field",
       "a refusal says where and why", status.ToString());
  // No text of ours has as many digits.
  const bool telling = std::count_if(text.begin(), text.end(), absl::ascii_isdigit) >= 6;
  Must(!telling || !absl::StrContains(status.ToString(), text), "no refusal shows the value", status.ToString());
  return false;
}

}  // namespace

bool Try(absl::string_view input) {
  bool taken = TryDecimal(input);
  taken |= TryDay(input);
  for (int format = Field::Format_MIN; format <= Field::Format_MAX; ++format) {
    if (Field::Format_IsValid(format) && format != Field::FORMAT_UNSPECIFIED) {
      taken |= TryFormat(static_cast<Field::Format>(format), input);
    }
  }
  for (int mask = Field::Mask_MIN; mask <= Field::Mask_MAX; ++mask) {
    if (!Field::Mask_IsValid(mask)) continue;
    const auto kind = static_cast<Field::Mask>(mask);
    const std::string hidden = codes::Mask(kind, input);
    Must(input.empty() == hidden.empty() && (input.empty() || codes::LooksMasked(kind, hidden)),
         "what is masked looks masked", input);
  }
  return taken;
}

}  // namespace edudelta::fuzz
