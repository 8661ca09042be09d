#include "common/describe/district.h"

#include <algorithm>
#include <array>
#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::describe {
namespace {

using ::testing::ElementsAre;

TEST(Covers, HoldsBelowItsPrefix) {
  EXPECT_TRUE(Covers("*", ""));
  EXPECT_TRUE(Covers("*", "agreements/a"));
  EXPECT_TRUE(Covers("districts/000000", "districts/310114/schools/1"));
  EXPECT_TRUE(Covers("districts/310000", "districts/310114"));
  EXPECT_TRUE(Covers("districts/310100", "districts/310114"));
  EXPECT_TRUE(Covers("districts/310114", "districts/310114"));
  EXPECT_TRUE(Covers("districts/310114/schools/1", "districts/310114/schools/1/rooms/2"));
}

TEST(Covers, HoldsNowhereElse) {
  EXPECT_FALSE(Covers("", "districts/310114"));
  EXPECT_FALSE(Covers("", ""));
  EXPECT_FALSE(Covers("districts/310114", "districts/310115"));
  EXPECT_FALSE(Covers("districts/310114", "districts/310100"));
  EXPECT_FALSE(Covers("districts/310100", "districts/320100"));
  EXPECT_FALSE(Covers("districts/310114/schools/1", "districts/310114/schools/10"));
  EXPECT_FALSE(Covers("districts/310114/schools/1", "districts/310114/schools/-"));
  EXPECT_FALSE(Covers("districts/310114/schools/1", "districts/310114"));
  EXPECT_FALSE(Covers("districts/000000", "organizations/x"));
  EXPECT_FALSE(Covers("districts/310114", "*"));
  EXPECT_FALSE(Covers("districts/310114", "districts/-"));
  EXPECT_FALSE(Covers("districts/000000", "districts/-"));
  EXPECT_FALSE(Covers("districts/310114", "districts/3101140"));
  EXPECT_FALSE(Covers("districts/31", "districts/310114"));
}

TEST(CoversFromAbove, MeansAnAncestor) {
  EXPECT_TRUE(CoversFromAbove("districts/310100", "districts/310114/schools/1"));
  EXPECT_TRUE(CoversFromAbove("districts/000000", "districts/310114"));
  EXPECT_FALSE(CoversFromAbove("districts/310114", "districts/310114/schools/1"));
  EXPECT_FALSE(CoversFromAbove("districts/310114/schools/1", "districts/310114/schools/1/hazards/2"));
  EXPECT_FALSE(CoversFromAbove("districts/320100", "districts/310114"));
}

TEST(DistrictOf, IsACodeOrTheWildcard) {
  EXPECT_EQ(DistrictOf("districts/310114/schools/1"), "310114");
  EXPECT_EQ(DistrictOf("districts/-/schools"), "-");
  EXPECT_EQ(DistrictOf("districts/31011x"), "");
  EXPECT_EQ(DistrictOf("organizations/310114"), "");
}

TEST(Jurisdictions, NearestFirst) {
  EXPECT_THAT(Jurisdictions("310114"),
              ElementsAre("districts/310114", "districts/310100", "districts/310000", "districts/000000"));
  EXPECT_THAT(Jurisdictions("310100"), ElementsAre("districts/310100", "districts/310000", "districts/000000"));
  EXPECT_THAT(Jurisdictions("-"), ElementsAre("districts/000000"));
}

// A code covers another just when it is among the other's jurisdictions.
TEST(CoversDistrict, AgreesWithJurisdictions) {
  std::mt19937 random(20261127);
  // Few pairs of digits, so that codes often have to do with each other.
  auto code = [&] {
    std::string text;
    for (int i = 0; i < 3; ++i) text += std::array{"00", "31", "01", "14"}[random() % 4];
    // No pair stands below one that says nothing: 310014 names no county.
    if (text.substr(2, 2) == "00") text.replace(4, 2, "00");
    return text.substr(0, 2) == "00" ? std::string("000000") : text;
  };
  int covered = 0;
  for (int i = 0; i < 100000; ++i) {
    const std::string holder = code(), below = code();
    const auto above = Jurisdictions(below);
    const bool expected = std::find(above.begin(), above.end(), absl::StrCat("districts/", holder)) != above.end();
    ASSERT_EQ(CoversDistrict(holder, below), expected) << holder << " " << below;
    ASSERT_EQ(Covers(absl::StrCat("districts/", holder), absl::StrCat("districts/", below, "/schools/1")), expected);
    const auto [first, last] = CoveredCodes(holder);
    ASSERT_EQ(first <= below && below <= last, expected) << holder << " " << below;
    covered += expected;
  }
  EXPECT_GT(covered, 1000);
}

}  // namespace
}  // namespace edudelta::describe
