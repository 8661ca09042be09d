#include "common/codes/identity_document.h"

#include <algorithm>
#include <initializer_list>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/text.h"
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

// 永久居留身份证 with 18 characters: 9, a province, the nationality's number.
bool IsPermanentResident(absl::string_view number) {
  return number[0] == '9' && number[1] != '9' && IsProvince(number.substr(1, 2));
}

// How numbers of 18 characters begin that the kind has; empty where it has none.
absl::string_view ResidentPrefix(absl::string_view kind) {
  if (kind == "6") return "810000";
  if (kind == "7") return "820000";
  if (kind == "8") return "830000";
  return kind == "9" ? "9" : "";
}

bool IsPassport(absl::string_view number) {
  return number.size() >= 5 && number.size() <= 12 && std::any_of(number.begin(), number.end(), absl::ascii_isdigit);
}

// 字号: cards of officers and soldiers, and what is of no kind, have characters (南字第001234号).
bool HasCharacters(absl::string_view kind) { return kind == "2" || kind == "3" || kind == "Z"; }

bool IsUsual(absl::string_view number, bool with_characters) {
  while (!number.empty()) {
    const char32_t c = TakeCharacter(&number);
    const bool plain = (c >= U'0' && c <= U'9') || (c >= U'A' && c <= U'Z');
    const bool character = c == U'〇' || (c >= 0x4e00 && c <= 0x9fff);
    if (!plain && !(with_characters && character)) return false;
  }
  return true;
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
  if (kind == "A") return "护照号应为5至12位数字和大写字母";
  return HasCharacters(kind) ? "证件号码应为4至18位数字、字母或汉字" : "证件号码应为4至18位数字或字母";
}

// Hong Kong and Macao put the last character of their cards in brackets.
void AppendSign(char sign, std::string* normal) {
  if (sign == ' ' || sign == '\t' || sign == '(' || sign == ')') return;
  *normal += absl::ascii_toupper(static_cast<unsigned char>(sign));
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
        AppendSign(static_cast<char>(sign), &normal);
        i += 2;
        continue;
      }
    }
    if (byte(i) == 0xe3 && byte(i + 1) == 0x80 && byte(i + 2) == 0x80) {
      i += 2;
    } else if (byte(i) == 0xc2 && byte(i + 1) == 0xa0) {
      ++i;
    } else {
      AppendSign(number[i], &normal);
    }
  }
  return normal;
}

absl::Status CheckIdentityDocument(absl::string_view kind, absl::string_view field, absl::string_view number,
                                   absl::CivilDay today) {
  if (number.empty()) return absl::OkStatus();
  if (kind == kResidentIdKind) return CheckFormat(Field::RESIDENT_ID, field, number, today);
  const absl::string_view prefix = ResidentPrefix(kind);
  if (!prefix.empty() && absl::StartsWith(number, prefix) && IsResidentForm(number)) {
    return CheckFormat(Field::RESIDENT_ID, field, number, today);
  }
  if (IsUsual(number, HasCharacters(kind)) && HasFormOf(kind, number)) return absl::OkStatus();
  return Invalid(field, "IDENTITY_NUMBER_FORMAT", WordsFor(kind));
}

std::optional<std::string> KindOfIdentityNumber(absl::string_view number) {
  const bool right = IsResidentForm(number) && ResidentIdBirthDay(number) &&
                     ResidentIdCheck(number.substr(0, kResidentLength - 1)) == number.back();
  if (!right) return std::nullopt;
  for (const absl::string_view kind : {"6", "7", "8", "9"}) {
    if (absl::StartsWith(number, ResidentPrefix(kind)) && (kind != "9" || IsPermanentResident(number)))
      return std::string(kind);
  }
  return std::string(kResidentIdKind);
}

absl::Status CheckIdentityKind(absl::string_view kind, absl::string_view number) {
  const std::optional<std::string> own = KindOfIdentityNumber(number);
  if (!own || *own == kind) return absl::OkStatus();
  return Invalid("identity_kind", "IDENTITY_KIND_MISMATCH",
                 *own == kResidentIdKind ? "这是居民身份证的号码，证件类型应为居民身份证"
                                         : "这是港澳台居民居住证或外国人永久居留身份证的号码，证件类型应与号码相符");
}

std::optional<IdentityFacts> FactsOfIdentity(absl::string_view kind, absl::string_view number) {
  const bool tells = kind == kResidentIdKind || !ResidentPrefix(kind).empty();
  if (!tells || !IsResidentForm(number)) return std::nullopt;
  const std::optional<absl::CivilDay> birth = ResidentIdBirthDay(number);
  if (!birth) return std::nullopt;
  return IdentityFacts{*birth, (number[kResidentLength - 2] - '0') % 2 == 1};
}

}  // namespace edudelta::codes
