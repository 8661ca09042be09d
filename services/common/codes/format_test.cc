#include "common/codes/format.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/codes/test_identity.h"

namespace edudelta::codes {
namespace {

using options::v1::Field;

std::string Reason(Field::Format format, absl::string_view value) {
  const absl::Status status = CheckFormat(format, "record.number", value, kToday);
  if (!status.ok()) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(FieldOf(status), "record.number");
    EXPECT_FALSE(ChineseOf(status).empty());
    EXPECT_FALSE(absl::StrContains(status.ToString(), value)) << "the value is in the error";
  }
  return ReasonOf(status);
}

TEST(CheckFormat, ResidentId) {
  EXPECT_EQ(Reason(Field::RESIDENT_ID, "11010519491231002X"), "");
  EXPECT_EQ(Reason(Field::RESIDENT_ID, "440524188001010014"), "");
  EXPECT_EQ(Reason(Field::RESIDENT_ID, "11010519491231002x"), "RESIDENT_ID_FORMAT");
  EXPECT_EQ(Reason(Field::RESIDENT_ID, "110105194912310021"), "RESIDENT_ID_CHECK_DIGIT");
  EXPECT_EQ(Reason(Field::RESIDENT_ID, "110105491231002"), "RESIDENT_ID_FORMAT");
  EXPECT_EQ(Reason(Field::RESIDENT_ID, "1101051949123100 X"), "RESIDENT_ID_FORMAT");
}

TEST(CheckFormat, ResidentIdDateIsRealAndNotInTheFuture) {
  EXPECT_EQ(Reason(Field::RESIDENT_ID, WithCheck("31011420250230001")), "RESIDENT_ID_DATE");
  EXPECT_EQ(Reason(Field::RESIDENT_ID, WithCheck("31011420251301001")), "RESIDENT_ID_DATE");
  EXPECT_EQ(Reason(Field::RESIDENT_ID, WithCheck("31011417991231001")), "RESIDENT_ID_DATE");
  EXPECT_EQ(Reason(Field::RESIDENT_ID, WithCheck("31011420261121001")), "");
  EXPECT_EQ(Reason(Field::RESIDENT_ID, WithCheck("31011420261122001")), "RESIDENT_ID_DATE");
  EXPECT_EQ(Reason(Field::RESIDENT_ID, WithCheck("31011420240229001")), "");
}

TEST(CheckFormat, SocialCreditCode) {
  EXPECT_EQ(Reason(Field::SOCIAL_CREDIT_CODE, "113304830025585188"), "");
  EXPECT_EQ(Reason(Field::SOCIAL_CREDIT_CODE, "11131000MB118901X3"), "");
  EXPECT_EQ(Reason(Field::SOCIAL_CREDIT_CODE, "91110108551385082Q"), "");
  EXPECT_EQ(Reason(Field::SOCIAL_CREDIT_CODE, "91110108551385082A"), "SOCIAL_CREDIT_CODE_CHECK_DIGIT");
  EXPECT_EQ(Reason(Field::SOCIAL_CREDIT_CODE, "91110108551385082q"), "SOCIAL_CREDIT_CODE_FORMAT");
  EXPECT_EQ(Reason(Field::SOCIAL_CREDIT_CODE, "9111010855138508IQ"), "SOCIAL_CREDIT_CODE_FORMAT");
  EXPECT_EQ(Reason(Field::SOCIAL_CREDIT_CODE, "91A10108551385082Q"), "SOCIAL_CREDIT_CODE_FORMAT");
  EXPECT_EQ(Reason(Field::SOCIAL_CREDIT_CODE, "551385082"), "SOCIAL_CREDIT_CODE_FORMAT");
  const std::string wrong_inner = "11330483002558519";
  const std::string right_outer = absl::StrCat(wrong_inner, std::string(1, *SocialCreditCheck(wrong_inner)));
  EXPECT_EQ(Reason(Field::SOCIAL_CREDIT_CODE, right_outer), "ORGANIZATION_CODE_CHECK_DIGIT");
}

TEST(CheckFormat, EverySingleChangeOfAValidCodeIsRefused) {
  struct Case {
    Field::Format format;
    std::string valid;
    absl::string_view alphabet;
  };
  for (const Case& c : {Case{Field::RESIDENT_ID, "11010519491231002X", "0123456789X"},
                        Case{Field::RESIDENT_ID, "440524188001010014", "0123456789X"},
                        Case{Field::SOCIAL_CREDIT_CODE, "113304830025585188", "0123456789ABCDEFGHJKLMNPQRTUWXY"},
                        Case{Field::SOCIAL_CREDIT_CODE, "91110108551385082Q", "0123456789ABCDEFGHJKLMNPQRTUWXY"}}) {
    for (size_t at = 0; at < c.valid.size(); ++at) {
      for (const char other : c.alphabet) {
        if (other == c.valid[at]) continue;
        std::string changed = c.valid;
        changed[at] = other;
        EXPECT_NE(Reason(c.format, changed), "") << "position " << at << " to " << other;
      }
      if (at + 1 < c.valid.size() && c.valid[at] != c.valid[at + 1]) {
        std::string swapped = c.valid;
        std::swap(swapped[at], swapped[at + 1]);
        EXPECT_NE(Reason(c.format, swapped), "") << "swapped at " << at;
      }
    }
  }
}

TEST(CheckFormat, OnlyOneCheckCharacterFits) {
  for (int serial = 0; serial < 1000; ++serial) {
    const std::string body = absl::StrCat("31011419", 70 + serial % 30, "0", 1 + serial % 9, "15", 100 + serial % 900);
    int accepted = 0;
    for (const char check : absl::string_view("0123456789X")) {
      accepted += Reason(Field::RESIDENT_ID, absl::StrCat(body, std::string(1, check))).empty();
    }
    EXPECT_EQ(accepted, 1) << body;
  }
}

TEST(CheckFormat, SchoolCode) {
  for (const char* valid : {"1144000001", "3131000123", "2133001234", "5115000001", "2199000001"}) {
    EXPECT_EQ(Reason(Field::SCHOOL_CODE, valid), "") << valid;
  }
  EXPECT_EQ(Reason(Field::SCHOOL_CODE, "313100012"), "SCHOOL_CODE_FORMAT");
  EXPECT_EQ(Reason(Field::SCHOOL_CODE, "31310001A3"), "SCHOOL_CODE_FORMAT");
  EXPECT_EQ(Reason(Field::SCHOOL_CODE, "6131000123"), "SCHOOL_CODE_CATEGORY");
  EXPECT_EQ(Reason(Field::SCHOOL_CODE, "3100000123"), "SCHOOL_CODE_PROVINCE");
}

TEST(CheckFormat, TeacherCertificate) {
  EXPECT_EQ(Reason(Field::TEACHER_CERTIFICATE, "20103100121000001"), "");
  EXPECT_EQ(Reason(Field::TEACHER_CERTIFICATE, "20003100140000001"), "");
  EXPECT_EQ(Reason(Field::TEACHER_CERTIFICATE, "2010310012100000"), "TEACHER_CERTIFICATE_FORMAT");
  EXPECT_EQ(Reason(Field::TEACHER_CERTIFICATE, "20273100121000001"), "TEACHER_CERTIFICATE_YEAR");
  EXPECT_EQ(Reason(Field::TEACHER_CERTIFICATE, "19933100121000001"), "TEACHER_CERTIFICATE_YEAR");
  EXPECT_EQ(Reason(Field::TEACHER_CERTIFICATE, "20100000121000001"), "TEACHER_CERTIFICATE_PROVINCE");
  EXPECT_EQ(Reason(Field::TEACHER_CERTIFICATE, "20103100181000001"), "TEACHER_CERTIFICATE_KIND");
  EXPECT_EQ(Reason(Field::TEACHER_CERTIFICATE, "20103100123000001"), "TEACHER_CERTIFICATE_GENDER");
}

TEST(CheckFormat, DivisionCodes) {
  EXPECT_EQ(Reason(Field::DISTRICT_CODE, "310114"), "");
  EXPECT_EQ(Reason(Field::DISTRICT_CODE, "990001"), "");
  EXPECT_EQ(Reason(Field::DISTRICT_CODE, "31011"), "DISTRICT_CODE_FORMAT");
  EXPECT_EQ(Reason(Field::DISTRICT_CODE, "010114"), "DISTRICT_CODE_PROVINCE");
  EXPECT_EQ(Reason(Field::TOWN_CODE, "310114001"), "");
  EXPECT_EQ(Reason(Field::TOWN_CODE, "310114"), "TOWN_CODE_FORMAT");
  EXPECT_EQ(Reason(Field::TOWN_CODE, "170114001"), "TOWN_CODE_PROVINCE");
}

TEST(CheckFormat, PhoneNumber) {
  for (const char* valid : {"13812341234", "19912341234", "021-59530000", "02159530000", "0471-5961234",
                            "0512-57331234", "021-59530000-801", "02159530000-8", "4008123123"}) {
    EXPECT_EQ(Reason(Field::PHONE_NUMBER, valid), "") << valid;
  }
  for (const char* wrong : {"1381234123", "12812341234", "138-1234-1234", "+8613812341234", "021-5953", "0021-59530000",
                            "021-59530000-", "021-59530000-1234567", "021--59530000", "abc"}) {
    EXPECT_EQ(Reason(Field::PHONE_NUMBER, wrong), "PHONE_NUMBER_FORMAT") << wrong;
  }
}

TEST(CheckFormat, SpreadsheetsMangleNumbers) {
  const std::string mangled = "ID_MANGLED_BY_SPREADSHEET";
  for (const char* value : {"3.10114E+17", "3.10114e+17", "3E+17", "310114199001010000", "310114199001011.0",
                            "３１０１１４１９９００１０１００１４", "'440524188001010014", "11010519491231002Ｘ"}) {
    EXPECT_EQ(Reason(Field::RESIDENT_ID, value), mangled) << value;
  }
  EXPECT_EQ(Reason(Field::SCHOOL_CODE, "3131000123.0"), mangled);
  EXPECT_EQ(Reason(Field::SCHOOL_CODE, "3131000123.00"), mangled);
  EXPECT_EQ(Reason(Field::SCHOOL_CODE, "3.131E+09"), mangled);
  EXPECT_EQ(Reason(Field::SOCIAL_CREDIT_CODE, "1.13305E+17"), mangled);
  EXPECT_EQ(Reason(Field::SOCIAL_CREDIT_CODE, "113304830025585000"), mangled);
  EXPECT_EQ(Reason(Field::PHONE_NUMBER, "2159530000"), mangled);
  EXPECT_EQ(Reason(Field::PHONE_NUMBER, "13812341234.0"), mangled);
  EXPECT_EQ(ReasonOf(CheckOrganizationCode("code", "02558518")), mangled);
}

TEST(CheckFormat, ANumberThatReallyEndsInZerosPasses) {
  for (int serial = 10; serial < 100; ++serial) {
    const int day = serial % 28 + 1;
    const std::string id = WithCheck(absl::StrCat("310114199001", day < 10 ? "0" : "", day, "000"));
    EXPECT_EQ(Reason(Field::RESIDENT_ID, id), "") << id;
  }
}

TEST(CheckFormat, EmptyAndUnspecifiedPass) {
  for (int format = 0; format < Field::Format_ARRAYSIZE; ++format) {
    EXPECT_TRUE(CheckFormat(static_cast<Field::Format>(format), "f", "", kToday).ok());
  }
  EXPECT_EQ(Reason(Field::FORMAT_UNSPECIFIED, "anything"), "");
}

TEST(CheckFormat, EveryFormatRefusesSomething) {
  for (int format = 1; format < Field::Format_ARRAYSIZE; ++format) {
    EXPECT_NE(Reason(static_cast<Field::Format>(format), "张三"), "") << format;
  }
}

TEST(CheckOrganizationCode, Vectors) {
  EXPECT_TRUE(CheckOrganizationCode("code", "002558518").ok());
  EXPECT_TRUE(CheckOrganizationCode("code", "MB118901X").ok());
  EXPECT_EQ(ReasonOf(CheckOrganizationCode("code", "002558517")), "ORGANIZATION_CODE_CHECK_DIGIT");
  EXPECT_EQ(ReasonOf(CheckOrganizationCode("code", "00255851-8")), "ORGANIZATION_CODE_FORMAT");
}

TEST(CanonicalForm, IsWhatWouldBeStored) {
  for (const char* typed : {"31011419800101001X", "31011419800101001x", "310114 19800101 001x",
                            "３１０１１４19800101001ｘ", "\u300031011419800101001X\u200B"}) {
    EXPECT_EQ(CanonicalForm(Field::RESIDENT_ID, typed), "31011419800101001X") << typed;
  }
  EXPECT_EQ(CanonicalForm(Field::PHONE_NUMBER, "138 1234 5678"), "13812345678");
  EXPECT_EQ(CanonicalForm(Field::PHONE_NUMBER, "０１０－62345678"), "010-62345678");
  EXPECT_EQ(CanonicalForm(Field::FORMAT_UNSPECIFIED, " aＸ "), " aＸ ");
}

}  // namespace
}  // namespace edudelta::codes
