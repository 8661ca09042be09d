#include "planning/domain/coefficient.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace edudelta::planning::domain {
namespace {

// The published worked example of 差异系数: books of five primary schools.
const std::vector<SchoolAmount> kBooks = {{279, 45}, {137, 37}, {935, 89}, {160, 76}, {402, 55}};

TEST(VariationOf, GivesThePublishedExample) {
  const auto variation = VariationOf(kBooks, v1::WEIGHTING_PUPILS);
  EXPECT_NEAR(variation->mean, 6.3344, 0.00005);
  EXPECT_NEAR(*variation->coefficient, 0.5153, 0.00005);
  EXPECT_NEAR(*variation->coefficient * variation->mean, 3.2639, 0.0001);
}

TEST(VariationOf, UnspecifiedWeightingIsByPupils) {
  EXPECT_EQ(VariationOf(kBooks, v1::WEIGHTING_UNSPECIFIED)->coefficient,
            VariationOf(kBooks, v1::WEIGHTING_PUPILS)->coefficient);
}

TEST(VariationOf, UnweightedIsThePopulationDeviation) {
  const auto variation = VariationOf(kBooks, v1::WEIGHTING_NONE);
  EXPECT_NEAR(*variation->coefficient, 0.4888, 0.00005) << "not 0.5465, which is the sample's";
  EXPECT_NEAR(variation->mean, 6.3344, 0.00005) << "the district's value stays pooled";
}

TEST(VariationOf, OneSchoolDoesNotVary) { EXPECT_EQ(VariationOf({{279, 45}}, v1::WEIGHTING_PUPILS)->coefficient, 0); }

TEST(VariationOf, ZeroMeanIsNotComputable) {
  EXPECT_EQ(VariationOf({{0, 45}, {0, 37}}, v1::WEIGHTING_PUPILS)->coefficient, std::nullopt);
  EXPECT_EQ(VariationOf({{0, 45}}, v1::WEIGHTING_PUPILS)->coefficient, std::nullopt);
}

TEST(VariationOf, NoSchoolsGiveNothing) { EXPECT_EQ(VariationOf({}, v1::WEIGHTING_PUPILS).has_value(), false); }

TEST(VariationOf, EqualSchoolsDoNotVary) {
  EXPECT_NEAR(*VariationOf({{100, 10}, {1000, 100}, {50, 5}}, v1::WEIGHTING_PUPILS)->coefficient, 0, 1e-12);
}

TEST(VariationOf, DependsOnNoUnitAndOnNoSizeOfThePupils) {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    std::vector<SchoolAmount> schools;
    const int count = 2 + static_cast<int>(random() % 40);
    for (int i = 0; i < count; ++i) {
      schools.push_back({static_cast<double>(1 + random() % 100000), 1 + static_cast<int64_t>(random() % 3000)});
    }
    std::vector<SchoolAmount> other_unit = schools;
    std::vector<SchoolAmount> each_twice = schools;
    std::vector<SchoolAmount> twice_as_big = schools;
    for (SchoolAmount& school : other_unit) school.amount *= 37.5;
    each_twice.insert(each_twice.end(), schools.begin(), schools.end());
    for (SchoolAmount& school : twice_as_big) school.amount *= 2, school.pupils *= 2;
    for (v1::Weighting weighting : {v1::WEIGHTING_PUPILS, v1::WEIGHTING_NONE}) {
      const double expected = *VariationOf(schools, weighting)->coefficient;
      EXPECT_NEAR(*VariationOf(other_unit, weighting)->coefficient, expected, 1e-9);
      EXPECT_NEAR(*VariationOf(each_twice, weighting)->coefficient, expected, 1e-9);
      EXPECT_NEAR(*VariationOf(twice_as_big, weighting)->coefficient, expected, 1e-9);
    }
  }
}

}  // namespace
}  // namespace edudelta::planning::domain
