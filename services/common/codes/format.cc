#include "common/codes/format.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/codes/identifiers.h"

namespace edudelta::codes {
namespace {

using options::v1::Field;

// What is wrong; no reason means nothing is.
struct Fault {
  absl::string_view reason;
  absl::string_view zh;
};
using Verdict = std::optional<Fault>;

Verdict ResidentId(absl::string_view value, absl::CivilDay today) {
  if (value.size() != 18 || !AllDigits(value.substr(0, 17)) || (!absl::ascii_isdigit(value[17]) && value[17] != 'X')) {
    return Fault{"RESIDENT_ID_FORMAT", "身份证号应为18位，前17位是数字，末位是数字或大写字母X"};
  }
  const std::optional<absl::CivilDay> born = ResidentIdBirthDay(value);
  if (!born || *born > today) return Fault{"RESIDENT_ID_DATE", "身份证号第7至14位不是真实的出生日期"};
  if (ResidentIdCheck(value.substr(0, 17)) != value[17]) {
    return Fault{"RESIDENT_ID_CHECK_DIGIT", "身份证号的校验码不正确，请核对是否录错"};
  }
  return std::nullopt;
}

Verdict OrganizationCode(absl::string_view value) {
  if (value.size() != 9 || !OrganizationCodeCheck(value.substr(0, 8))) {
    return Fault{"ORGANIZATION_CODE_FORMAT", "组织机构代码应为9位数字或大写字母，不带连字符"};
  }
  if (OrganizationCodeCheck(value.substr(0, 8)) != value[8]) {
    return Fault{"ORGANIZATION_CODE_CHECK_DIGIT", "组织机构代码的校验码不正确，请核对是否录错"};
  }
  return std::nullopt;
}

Verdict SocialCreditCode(absl::string_view value) {
  if (value.size() != 18 || !AllDigits(value.substr(2, 6)) || !SocialCreditCheck(value.substr(0, 17)) ||
      absl::ascii_islower(value[17])) {
    return Fault{"SOCIAL_CREDIT_CODE_FORMAT",
                 "统一社会信用代码应为18位数字或大写字母（不含I、O、S、V、Z），第3至8位是数字"};
  }
  if (SocialCreditCheck(value.substr(0, 17)) != value[17]) {
    return Fault{"SOCIAL_CREDIT_CODE_CHECK_DIGIT", "统一社会信用代码的校验码不正确，请核对是否录错"};
  }
  if (OrganizationCode(value.substr(8, 9))) {
    return Fault{"ORGANIZATION_CODE_CHECK_DIGIT", "统一社会信用代码内的组织机构代码（第9至17位）校验码不正确"};
  }
  return std::nullopt;
}

Verdict SchoolCode(absl::string_view value) {
  if (value.size() != 10 || !AllDigits(value)) return Fault{"SCHOOL_CODE_FORMAT", "学校（机构）标识码应为10位数字"};
  if (!IsSchoolCodeCategory(value.substr(0, 2))) {
    return Fault{"SCHOOL_CODE_CATEGORY", "学校（机构）标识码前两位不是已有的学校类别"};
  }
  if (!IsProvince(value.substr(2, 2))) {
    return Fault{"SCHOOL_CODE_PROVINCE", "学校（机构）标识码第3、4位不是省级行政区划代码"};
  }
  return std::nullopt;
}

Verdict TeacherCertificate(absl::string_view value, absl::CivilDay today) {
  // The Teachers Law took effect in 1994.
  constexpr int kFirstYear = 1994;
  if (value.size() != 17 || !AllDigits(value)) return Fault{"TEACHER_CERTIFICATE_FORMAT", "教师资格证号应为17位数字"};
  int year = 0;
  if (!absl::SimpleAtoi(value.substr(0, 4), &year) || year < kFirstYear || year > today.year()) {
    return Fault{"TEACHER_CERTIFICATE_YEAR", "教师资格证号前4位不是可能的认定年份"};
  }
  if (!IsProvince(value.substr(4, 2))) {
    return Fault{"TEACHER_CERTIFICATE_PROVINCE", "教师资格证号第5、6位不是省级行政区划代码"};
  }
  if (value[9] < '1' || value[9] > '7') {
    return Fault{"TEACHER_CERTIFICATE_KIND", "教师资格证号第10位（资格种类）应为1至7"};
  }
  if (value[10] > '2') return Fault{"TEACHER_CERTIFICATE_GENDER", "教师资格证号第11位（性别）应为0、1或2"};
  return std::nullopt;
}

Verdict TownCode(absl::string_view value) {
  if (value.size() != 9 || !AllDigits(value)) return Fault{"TOWN_CODE_FORMAT", "乡镇（街道）代码应为9位数字"};
  if (!IsProvince(value.substr(0, 2))) return Fault{"TOWN_CODE_PROVINCE", "乡镇（街道）代码前两位不是省级行政区划代码"};
  return std::nullopt;
}

Verdict DistrictCode(absl::string_view value) {
  if (value.size() != 6 || !AllDigits(value)) return Fault{"DISTRICT_CODE_FORMAT", "行政区划代码应为6位数字"};
  if (!IsProvince(value.substr(0, 2))) return Fault{"DISTRICT_CODE_PROVINCE", "行政区划代码前两位不是省级行政区划代码"};
  return std::nullopt;
}

bool IsLandline(absl::string_view value) {
  // Area code of three or four digits, number of seven or eight, extension of at most six after a hyphen.
  if (value.empty() || value[0] != '0') return false;
  std::string number(value);
  const size_t first = number.find('-');
  if (first == 3 || first == 4) number.erase(first, 1);
  const size_t extension = number.find('-');
  if (extension != std::string::npos) {
    const absl::string_view tail = absl::string_view(number).substr(extension + 1);
    if (tail.size() > 6 || !AllDigits(tail)) return false;
    number.resize(extension);
  }
  const bool area = absl::StartsWith(number, "010") || (number.size() > 1 && number[1] >= '2');
  return AllDigits(number) && number.size() >= 10 && number.size() <= 12 && area;
}

Verdict PhoneNumber(absl::string_view value) {
  const bool digits = AllDigits(value);
  const bool mobile = digits && value.size() == 11 && value[0] == '1' && value[1] >= '3';
  const bool service =
      digits && value.size() == 10 && (absl::StartsWith(value, "400") || absl::StartsWith(value, "800"));
  if (mobile || service || IsLandline(value)) return std::nullopt;
  return Fault{"PHONE_NUMBER_FORMAT", "电话号码应为11位手机号，或“区号-号码”形式的固定电话"};
}

Verdict Judge(Field::Format format, absl::string_view value, absl::CivilDay today) {
  switch (format) {
    case Field::RESIDENT_ID:
      return ResidentId(value, today);
    case Field::SOCIAL_CREDIT_CODE:
      return SocialCreditCode(value);
    case Field::SCHOOL_CODE:
      return SchoolCode(value);
    case Field::TEACHER_CERTIFICATE:
      return TeacherCertificate(value, today);
    case Field::TOWN_CODE:
      return TownCode(value);
    case Field::DISTRICT_CODE:
      return DistrictCode(value);
    case Field::PHONE_NUMBER:
      return PhoneNumber(value);
    default:
      return std::nullopt;
  }
}

bool IsScientific(absl::string_view value) {
  const size_t e = value.find_first_of("eE");
  if (e == absl::string_view::npos || e == 0) return false;
  absl::string_view exponent = value.substr(e + 1);
  const bool signed_exponent = absl::ConsumePrefix(&exponent, "+");
  const absl::string_view mantissa = value.substr(0, e);
  const bool fraction = mantissa.size() > 2 && mantissa[1] == '.' && AllDigits(mantissa.substr(2));
  // Without a point or a sign it could be a social credit code, which may contain an E.
  return absl::ascii_isdigit(mantissa[0]) && (fraction || (mantissa.size() == 1 && signed_exponent)) &&
         exponent.size() <= 3 && AllDigits(exponent);
}

bool EndsInPointZero(absl::string_view value) {
  const size_t point = value.find('.');
  return point != absl::string_view::npos && AllDigits(value.substr(0, point)) && point + 1 < value.size() &&
         value.find_first_not_of('0', point + 1) == absl::string_view::npos;
}

// U+FF10 to U+FF19 and U+FF21 to U+FF5A: digits and letters.
bool HasFullWidth(absl::string_view value) {
  for (size_t i = 0; i + 2 < value.size(); ++i) {
    const auto byte = [&](size_t at) { return static_cast<unsigned char>(value[at]); };
    if (byte(i) != 0xef) continue;
    const bool digit = byte(i + 1) == 0xbc && byte(i + 2) >= 0x90 && byte(i + 2) <= 0x99;
    const bool letter = (byte(i + 1) == 0xbc && byte(i + 2) >= 0xa1) || (byte(i + 1) == 0xbd && byte(i + 2) <= 0x9a);
    if (digit || letter) return true;
  }
  return false;
}

bool LostDigits(absl::string_view value) {
  constexpr size_t kSpreadsheetDigits = 15;
  return AllDigits(value) && value.size() >= kSpreadsheetDigits + 2 &&
         value.find_first_not_of('0', kSpreadsheetDigits) == absl::string_view::npos;
}

template <typename Judgement>
absl::Status Decide(absl::string_view field, absl::string_view value, Judgement judge) {
  if (value.empty()) return absl::OkStatus();
  const Verdict fault = judge(value);
  if (!fault) return absl::OkStatus();
  constexpr absl::string_view kMangled = "ID_MANGLED_BY_SPREADSHEET";
  if (IsScientific(value) || LostDigits(value)) {
    return Invalid(field, kMangled,
                   "号码被电子表格改成了数值，末尾的数字已丢失：请把该列设为“文本”格式后重新录入，再导入");
  }
  if (EndsInPointZero(value)) {
    return Invalid(field, kMangled, "号码被电子表格改成了小数：请把该列设为“文本”格式，去掉末尾的“.0”");
  }
  if (HasFullWidth(value)) return Invalid(field, kMangled, "号码含有全角数字或字母，请改为半角");
  if (value[0] == '\'') return Invalid(field, kMangled, "号码前多了一个单引号，请去掉");
  if (AllDigits(value) && !judge(absl::StrCat("0", value))) {
    return Invalid(field, kMangled, "号码开头的0被电子表格去掉了：请把该列设为“文本”格式，补上开头的0");
  }
  return Invalid(field, fault->reason, fault->zh);
}

}  // namespace

absl::Status CheckFormat(Field::Format format, absl::string_view field, absl::string_view value, absl::CivilDay today) {
  return Decide(field, value, [&](absl::string_view text) { return Judge(format, text, today); });
}

std::string CanonicalForm(Field::Format format, absl::string_view value) {
  if (format == Field::FORMAT_UNSPECIFIED) return std::string(value);
  std::string form;
  const std::string half = HalfWidth(value);
  for (absl::string_view rest = half; !rest.empty();) {
    absl::string_view behind = rest;
    if (!IsBlank(TakeCharacter(&behind))) form.append(rest.data(), rest.size() - behind.size());
    rest = behind;
  }
  return absl::AsciiStrToUpper(form);
}

absl::Status CheckOrganizationCode(absl::string_view field, absl::string_view value) {
  return Decide(field, value, OrganizationCode);
}

}  // namespace edudelta::codes
