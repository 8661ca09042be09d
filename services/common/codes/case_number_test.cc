#include "common/codes/case_number.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/codes/test_identity.h"

namespace edudelta::codes {
namespace {

// Of the fictional region 990583.
std::string PersonBorn(const std::string& day) { return WithCheck(absl::StrCat("990583", day, "001")); }

TEST(CaseNumber, TakesWhatOfficesWrite) {
  for (const char* good : {"1", "A", "2026-1", "RX-2026/0001", "32058320261127000123", "no.7(b)#2:3_x",
                           "202611271234567890123456789012345678901234567890123456789012345"}) {
    EXPECT_EQ(CheckCaseNumber(good, kToday), CaseNumberFault::kNone) << good;
  }
  EXPECT_EQ(CheckCaseNumber(PersonBorn("20261121"), kToday), CaseNumberFault::kNone) << "a district, a day, a number";
  EXPECT_EQ(CheckCaseNumber("141642183610001", kToday), CaseNumberFault::kNone) << "no mobile number is that long";
}

TEST(CaseNumber, TakesNothingElse) {
  for (const std::string bad :
       {"", ".", "-1", "=1+1", "+1", "@a", " 1", "1 ", "a b", "a\tb", "a\nb", "a;b", "a\"b", "\xe5\x8a\x9e",
        "\xef\xbc\x9d"
        "1",
        "a\x7f", "()"}) {
    EXPECT_EQ(CheckCaseNumber(bad, kToday), CaseNumberFault::kFormat) << bad;
  }
  EXPECT_EQ(CheckCaseNumber(std::string(63, 'a'), kToday), CaseNumberFault::kNone);
  EXPECT_EQ(CheckCaseNumber(std::string(64, 'a'), kToday), CaseNumberFault::kFormat);
}

TEST(CaseNumber, HoldsNobodysNumber) {
  const std::string person = PersonBorn("19870601");
  std::string lower;
  for (int i = 100; lower.empty(); ++i) {
    const std::string first = absl::StrCat("99058319870601", i);
    if (ResidentIdCheck(first) == 'X') lower = first + "x";
  }
  for (const std::string& bad :
       {person, "A-" + person, person + "-1", "1" + person, person + "7", lower, std::string("14164218361"),
        std::string("A14164218361B"), std::string("8614164218361"), std::string("2026-14164218361")}) {
    EXPECT_EQ(CheckCaseNumber(bad, kToday), CaseNumberFault::kPersonal) << bad;
  }
  std::string other = person;
  other.back() = other.back() == '1' ? '2' : '1';
  EXPECT_EQ(CheckCaseNumber(other, kToday), CaseNumberFault::kNone) << "its check digit says that it is none";
}

}  // namespace
}  // namespace edudelta::codes
