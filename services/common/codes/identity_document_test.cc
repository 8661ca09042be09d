#include "common/codes/identity_document.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "common/codes/mask.h"
#include "common/codes/test_identity.h"

namespace edudelta::codes {
namespace {

std::string Reason(absl::string_view kind, absl::string_view number) {
  return std::string(ReasonOf(CheckIdentityDocument(kind, "identity_number", number, kToday)));
}

TEST(CheckIdentityDocument, KnowsTheFormsOfEachKind) {
  struct Case {
    const char* kind;
    std::string number;
  };
  const Case right[] = {
      {"1", "11010519491231002X"},
      {"2", "1234567"},
      {"2", "南字第001234号"},
      {"3", "士字第20010001号"},
      {"6", "H12345678"},
      {"6", "H1234567801"},
      {"6", "A123456A"},
      {"6", WithCheck("81000019870601001")},
      {"7", "M12345678"},
      {"7", "12345678"},
      {"7", WithCheck("82000019870601001")},
      {"8", "12345678"},
      {"8", "1234567890"},
      {"8", "1234567890B"},
      {"8", WithCheck("83000019870601001")},
      {"9", "USA310119870601"},
      {"9", WithCheck("91131019870601001")},
      {"A", "E12345678"},
      {"A", "EA1234567"},
      {"A", "123456789"},
      {"Z", "BX2020001"},
      {"1", ""},
  };
  for (const auto& [kind, number] : right) EXPECT_EQ(Reason(kind, number), "") << kind << number;
}

TEST(CheckIdentityDocument, RefusesOtherForms) {
  EXPECT_EQ(Reason("1", "E12345678"), "RESIDENT_ID_FORMAT");
  EXPECT_EQ(Reason("1", "110105194912310021"), "RESIDENT_ID_CHECK_DIGIT");
  EXPECT_EQ(Reason("A", "护照12345"), "IDENTITY_NUMBER_FORMAT");
  EXPECT_EQ(Reason("2", "字第12-34"), "IDENTITY_NUMBER_FORMAT");
  EXPECT_EQ(Reason("6", WithCheck("82000019870601001")), "IDENTITY_NUMBER_FORMAT");
  EXPECT_EQ(Reason("6", "M12345678"), "IDENTITY_NUMBER_FORMAT");
  EXPECT_EQ(Reason("7", "H12345678"), "IDENTITY_NUMBER_FORMAT");
  EXPECT_EQ(Reason("8", "1234567"), "IDENTITY_NUMBER_FORMAT");
  EXPECT_EQ(Reason("9", "USA31011987060"), "IDENTITY_NUMBER_FORMAT");
  EXPECT_EQ(Reason("A", "11010519491231002X"), "IDENTITY_NUMBER_FORMAT");
  EXPECT_EQ(Reason("A", "ABCDEFG"), "IDENTITY_NUMBER_FORMAT");
  std::string permit = WithCheck("83000019870601001");
  permit.back() = permit.back() == '1' ? '2' : '1';
  EXPECT_EQ(Reason("8", permit), "RESIDENT_ID_CHECK_DIGIT");
}

TEST(CheckIdentityKind, ANumberOf18DigitsHasOneKind) {
  const std::pair<const char*, std::string> numbers[] = {{"1", "11010519491231002X"},
                                                         {"6", WithCheck("81000019870601001")},
                                                         {"7", WithCheck("82000019870601001")},
                                                         {"8", WithCheck("83000019870601001")},
                                                         {"9", WithCheck("91131019870601001")}};
  for (const auto& [own, number] : numbers) {
    for (const char* kind : {"1", "2", "3", "6", "7", "8", "9", "A", "B", "Z"}) {
      const std::string reason = ReasonOf(CheckIdentityKind(kind, number));
      EXPECT_EQ(reason, absl::string_view(kind) == own ? "" : "IDENTITY_KIND_MISMATCH") << kind << number;
    }
  }
  for (const char* kind : {"1", "2", "A", "Z"}) {
    EXPECT_TRUE(CheckIdentityKind(kind, "E12345678").ok());
    EXPECT_TRUE(CheckIdentityKind(kind, "110105194912310021").ok()) << "its check digit is wrong";
  }
}

TEST(NormalIdentityNumber, IsInCapitalsWithoutBlanksAndInHalfWidth) {
  EXPECT_EQ(NormalIdentityNumber("11010519491231002x"), "11010519491231002X");
  EXPECT_EQ(NormalIdentityNumber(" e 1234\u00A05678\u3000"), "E12345678");
  EXPECT_EQ(NormalIdentityNumber("Ｈ１２３４５６７８ｘ"), "H12345678X");
  EXPECT_EQ(NormalIdentityNumber("军字12345"), "军字12345");
  EXPECT_EQ(NormalIdentityNumber("A123456(7)"), "A1234567");
  EXPECT_EQ(NormalIdentityNumber("a123456（7）"), "A1234567");
}

TEST(FactsOfIdentity, AreThoseOfNumbersThatTellThem) {
  const auto resident = FactsOfIdentity("1", "11010519491231002X");
  ASSERT_TRUE(resident.has_value());
  EXPECT_EQ(resident->birth, absl::CivilDay(1949, 12, 31));
  EXPECT_FALSE(resident->man);
  const auto permit = FactsOfIdentity("8", WithCheck("83000019870601001"));
  ASSERT_TRUE(permit.has_value());
  EXPECT_EQ(permit->birth, absl::CivilDay(1987, 6, 1));
  EXPECT_FALSE(FactsOfIdentity("A", "E12345678").has_value());
  EXPECT_FALSE(FactsOfIdentity("8", "12345678").has_value());
  EXPECT_FALSE(FactsOfIdentity("Z", "11010519491231002X").has_value()) << "it may be of something else";
}

TEST(Mask, HidesMostOfAShortNumber) {
  for (const char* number : {"E12345678", "H1234567801", "12345678", "USA310119870601"}) {
    const std::string masked = Mask(options::v1::Field::IDENTITY_NUMBER, number);
    EXPECT_TRUE(LooksMasked(options::v1::Field::IDENTITY_NUMBER, masked)) << masked;
    EXPECT_FALSE(LooksMasked(options::v1::Field::IDENTITY_NUMBER, number)) << number;
  }
  EXPECT_EQ(Mask(options::v1::Field::IDENTITY_NUMBER, "E12345678"), "E******78");
  EXPECT_EQ(Mask(options::v1::Field::IDENTITY_NUMBER, "USA310119870601"), "USA310********1");
}

}  // namespace
}  // namespace edudelta::codes
