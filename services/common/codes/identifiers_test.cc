#include "common/codes/identifiers.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/codes/code_sets.h"

namespace edudelta::codes {
namespace {

TEST(ResidentIdCheck, Vectors) {
  EXPECT_EQ(ResidentIdCheck("11010519491231002"), 'X');
  EXPECT_EQ(ResidentIdCheck("44052418800101001"), '4');
  EXPECT_EQ(ResidentIdCheck("4405241880010100"), std::nullopt);
  EXPECT_EQ(ResidentIdCheck("4405241880010100X"), std::nullopt);
}

TEST(SocialCreditCheck, Vectors) {
  EXPECT_EQ(SocialCreditCheck("11330483002558518"), '8');
  EXPECT_EQ(SocialCreditCheck("11131000MB118901X"), '3');
  EXPECT_EQ(SocialCreditCheck("91110108551385082"), 'Q');
  EXPECT_EQ(SocialCreditCheck("9111010855138508I"), std::nullopt);
}

TEST(OrganizationCodeCheck, Vectors) {
  EXPECT_EQ(OrganizationCodeCheck("00255851"), '8');
  EXPECT_EQ(OrganizationCodeCheck("MB118901"), 'X');
  EXPECT_EQ(OrganizationCodeCheck("mb118901"), std::nullopt);
}

TEST(IsSchoolCodeCategory, IsTheCodeSet) {
  const CodeSets sets = CodeSets::Embedded();
  for (int i = 0; i < 100; ++i) {
    const std::string category = absl::StrCat(i / 10, i % 10);
    EXPECT_EQ(IsSchoolCodeCategory(category), sets.Contains("SCHOOL_CODE_CATEGORY", category)) << category;
  }
}

TEST(IsProvince, FollowsGb2260AndLeavesNinetiesFree) {
  for (const char* yes : {"11", "31", "33", "65", "71", "82", "90", "99"}) EXPECT_TRUE(IsProvince(yes)) << yes;
  for (const char* no : {"00", "10", "16", "24", "38", "47", "55", "66", "83", "9", "9A", "310"}) {
    EXPECT_FALSE(IsProvince(no)) << no;
  }
}

}  // namespace
}  // namespace edudelta::codes
