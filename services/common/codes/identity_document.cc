#include "common/codes/identity_document.h"

#include <algorithm>
#include <initializer_list>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/codes/format.h"
#include "common/codes/identifiers.h"

namespace edudelta::codes {
namespace {

using options::v1::Field;

constexpr size_t kResidentLength = 18;

// Whether the number is made like `form`, in which A is a letter and 9 a digit.
bool IsMadeLike(absl::string_view form, absl::string_view number) {
  return std::equal(form.begin(), form.end(), number.begin(), number.end(), [](char wanted, char given) {
    if (wanted == 'A') return absl::ascii_isupper(given);
    return wanted == '9' ? absl::ascii_isdigit(given) : wanted == given;
  });
}

bool IsMadeLikeOneOf(std::initializer_list<absl::string_view> forms, absl::string_view number) {
  return std::any_of(forms.begin(), forms.end(), [&](absl::string_view form) { return IsMadeLike(form, number); });
}

bool IsResidentForm(absl::string_view number) {
  return number.size() == kResidentLength && AllDigits(number.substr(0, kResidentLength - 1));
}

// How numbers of 18 characters begin that the kind has; empty where it has none.
absl::string_view ResidentPrefix(absl::string_view kind) {
  if (kind == "6") return "810000";
  if (kind == "7") return "820000";
  if (kind == "8") return "830000";
  return kind == "9" ? "9" : "";
}

bool IsResidencePermit(absl::string_view number) {
  return absl::StartsWith(number, "810000") || absl::StartsWith(number, "820000") || absl::StartsWith(number, "830000");
}

bool IsPassport(absl::string_view number) {
  return number.size() >= 5 && number.size() <= 12 && std::any_of(number.begin(), number.end(), absl::ascii_isdigit);
}

// Other than by 18 digits.
bool HasFormOf(absl::string_view kind, absl::string_view number) {
  // 往来内地通行证: of today, and with the count of renewals; identity cards of there.
  if (kind == "6") return IsMadeLikeOneOf({"H99999999", "H9999999999", "A9999999", "AA9999999", "A999999A"}, number);
  if (kind == "7") return IsMadeLikeOneOf({"M99999999", "M9999999999", "99999999"}, number);
  if (kind == "8") return IsMadeLikeOneOf({"99999999", "9999999999", "9999999999A"}, number);
  if (kind == "9") return IsMadeLike("AAA999999999999", number);
  if (kind == "A") return IsPassport(number);
  // Of the others no one form is laid down.
  return number.size() >= 4;
}

absl::string_view WordsFor(absl::string_view kind) {
  if (kind == "6") return "香港居民证件号应为H加8位数字的通行证号、香港身份证号或810000开头的居住证号";
  if (kind == "7") return "澳门居民证件号应为M加8位数字的通行证号、8位澳门身份证号或820000开头的居住证号";
  if (kind == "8") return "台湾居民证件号应为8位或10位数字的通行证号，或830000开头的居住证号";
  if (kind == "9") return "永久居留身份证号应为3个字母加12位数字，或9开头的18位号码";
  return kind == "A" ? "护照号应为5至12位数字和大写字母" : "证件号码应为4至18位数字或字母";
}

}  // namespace

std::string NormalIdentityNumber(absl::string_view number) {
  std::string normal;
  for (size_t i = 0; i < number.size(); ++i) {
    const auto byte = [&](size_t at) { return at < number.size() ? static_cast<unsigned char>(number[at]) : 0u; };
    // U+FF01 to U+FF5E are the signs 0x21 to 0x7E in full width; U+3000 and U+00A0 are blanks.
    if (byte(i) == 0xef && (byte(i + 1) == 0xbc || byte(i + 1) == 0xbd) && byte(i + 2) >= 0x80) {
      const unsigned sign = 0x20 + (byte(i + 1) - 0xbc) * 0x40 + byte(i + 2) - 0x80;
      if (sign > 0x20 && sign < 0x7f) {
        normal += absl::ascii_toupper(static_cast<unsigned char>(sign));
        i += 2;
        continue;
      }
    }
    if (byte(i) == 0xe3 && byte(i + 1) == 0x80 && byte(i + 2) == 0x80) {
      i += 2;
    } else if (byte(i) == 0xc2 && byte(i + 1) == 0xa0) {
      ++i;
    } else if (number[i] != ' ' && number[i] != '\t') {
      normal += absl::ascii_toupper(static_cast<unsigned char>(number[i]));
    }
  }
  return normal;
}

absl::Status CheckIdentityDocument(absl::string_view kind, absl::string_view field, absl::string_view number,
                                   absl::CivilDay today) {
  if (number.empty()) return absl::OkStatus();
  if (kind == kResidentIdKind) {
    RETURN_IF_ERROR(CheckFormat(Field::RESIDENT_ID, field, number, today));
    if (!IsResidencePermit(number)) return absl::OkStatus();
    return Invalid("identity_kind", "IDENTITY_KIND_MISMATCH", "这是港澳台居民居住证的号码，证件类型应为相应的居民证件");
  }
  const absl::string_view prefix = ResidentPrefix(kind);
  if (!prefix.empty() && absl::StartsWith(number, prefix) && IsResidentForm(number)) {
    return CheckFormat(Field::RESIDENT_ID, field, number, today);
  }
  const bool usual = std::all_of(number.begin(), number.end(),
                                 [](char c) { return absl::ascii_isdigit(c) || absl::ascii_isupper(c); });
  if (usual && HasFormOf(kind, number)) return absl::OkStatus();
  return Invalid(field, "IDENTITY_NUMBER_FORMAT", WordsFor(kind));
}

std::optional<IdentityFacts> FactsOfIdentity(absl::string_view kind, absl::string_view number) {
  const bool tells = kind == kResidentIdKind || !ResidentPrefix(kind).empty();
  if (!tells || !IsResidentForm(number)) return std::nullopt;
  const std::optional<absl::CivilDay> birth = ResidentIdBirthDay(number);
  if (!birth) return std::nullopt;
  return IdentityFacts{*birth, (number[kResidentLength - 2] - '0') % 2 == 1};
}

}  // namespace edudelta::codes
