#include "planning/domain/stage_amounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "planning/domain/test_samples.h"

namespace edudelta::planning::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

double Value(const Amount& amount) {
  return static_cast<double>(amount.numerator) / static_cast<double>(amount.denominator);
}

SchoolFigures NineYearSchool() {
  SchoolFigures school = PrimarySchool(1);
  school.kind = "312";
  school.primary_pupils = 166;
  school.junior_pupils = 210;
  return school;
}

TEST(ShareOf, GivesThePublishedExample) {
  const int64_t weighted = 100 * 166 + 110 * 210;
  EXPECT_NEAR(Value(ShareOf(23226, 100, 166, weighted)), 9711.6, 0.05);
  EXPECT_NEAR(Value(ShareOf(23226, 110, 210, weighted)), 13514.4, 0.05);
  EXPECT_NEAR(Value(ShareOf(23226, 100, 166, weighted)) / 166, 58.50, 0.005);
}

TEST(PartsOf, SplitsFacilitiesOfNineYearSchools) {
  SchoolFigures school = NineYearSchool();
  school.facilities.multimedia_room_count = 23226;
  const SchoolParts parts = PartsOf(school, NationalSet());
  ASSERT_EQ(parts.parts.size(), 2u);
  EXPECT_NEAR(Value(*parts.parts[0].amounts[6]), 9711.6, 0.05);
  EXPECT_NEAR(Value(*parts.parts[1].amounts[6]), 13514.4, 0.05);
  EXPECT_THAT(parts.parts[0].applied_rules, ElementsAre("through_train_split"));
}

TEST(PartsOf, EvaluatesOnlyTheJuniorPartOfCompleteSecondarySchools) {
  SchoolFigures school = JuniorSchool(1);
  school.kind = "341";
  school.junior_pupils = 600;
  school.senior_pupils = 500;
  school.facilities.multimedia_room_count = 60;
  const SchoolParts parts = PartsOf(school, NationalSet());
  ASSERT_EQ(parts.parts.size(), 1u);
  EXPECT_EQ(parts.parts[0].stage, v1::STAGE_JUNIOR);
  EXPECT_NEAR(Value(*parts.parts[0].amounts[6]), 60 * 600 / (600 + 1.2 * 500), 1e-9);
}

TEST(PartsOf, SplitsTwelveYearSchoolsInThree) {
  SchoolFigures school = NineYearSchool();
  school.kind = "345";
  school.senior_pupils = 90;
  school.facilities.multimedia_room_count = 50;
  const SchoolParts parts = PartsOf(school, NationalSet());
  const double weighted = 166 + 1.1 * 210 + 1.32 * 90;
  ASSERT_EQ(parts.parts.size(), 2u);
  EXPECT_NEAR(Value(*parts.parts[0].amounts[6]), 50 * 166 / weighted, 1e-9);
  EXPECT_NEAR(Value(*parts.parts[1].amounts[6]), 50 * 1.1 * 210 / weighted, 1e-9);
}

TEST(PartsOf, SplittingConservesTheTotal) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 2000; ++round) {
    const int64_t primary = 1 + static_cast<int64_t>(random() % 4000);
    const int64_t junior = 1 + static_cast<int64_t>(random() % 4000);
    const int64_t senior = static_cast<int64_t>(random() % 4000);
    const int64_t total = static_cast<int64_t>(random() % 10'000'000'000'000'000);
    const int64_t weighted = 100 * primary + 110 * junior + 132 * senior;
    const absl::int128 sum = ShareOf(total, 100, primary, weighted).numerator +
                             ShareOf(total, 110, junior, weighted).numerator +
                             ShareOf(total, 132, senior, weighted).numerator;
    EXPECT_TRUE(sum == absl::int128(total) * weighted) << round;
  }
}

TEST(PartsOf, TakesTeachersFromTheStageTheyTeach) {
  SchoolFigures school = NineYearSchool();
  school.staff = {{"2", 20, 15, 9, 3, 2, 0}, {"3", 30, 30, 25, 6, 4, 0}, {"1", 5, 5, 5, 5, 5, 5}};
  const SchoolParts parts = PartsOf(school, NationalSet());
  EXPECT_EQ(Value(*parts.parts[0].amounts[0]), 15);
  EXPECT_EQ(Value(*parts.parts[0].amounts[1]), 3);
  EXPECT_EQ(Value(*parts.parts[1].amounts[0]), 25) << "the junior reading of 高于规定学历";
  EXPECT_EQ(Value(*parts.parts[1].amounts[2]), 4);
  EXPECT_THAT(parts.parts[1].applied_rules, ElementsAre("through_train_split"));
}

TEST(PartsOf, SplitsTeachersOfUnknownStageAndSaysSo) {
  SchoolFigures school = NineYearSchool();
  school.staff = {{"2", 20, 15, 9, 3, 2, 0}, {"", 10, 8, 7, 0, 4, 0}};
  const SchoolParts parts = PartsOf(school, NationalSet());
  const double share = 166 / (166 + 1.1 * 210);
  EXPECT_NEAR(Value(*parts.parts[0].amounts[0]), 15 + 8 * share, 1e-9);
  EXPECT_NEAR(Value(*parts.parts[1].amounts[0]), 7 * (1 - share), 1e-9);
  EXPECT_THAT(parts.parts[0].applied_rules, ElementsAre("through_train_split", "teachers_by_ratio"));
}

TEST(PartsOf, SplitsAllTeachersWhenTheSetSaysSo) {
  v1::IndicatorSet set = NationalSet();
  set.set_split_teachers(true);
  SchoolFigures school = NineYearSchool();
  school.staff = {{"2", 20, 15, 9, 3, 2, 0}, {"3", 30, 30, 25, 6, 4, 0}, {"4", 5, 5, 5, 5, 5, 5}};
  const SchoolParts parts = PartsOf(school, set);
  const double share = 166 / (166 + 1.1 * 210);
  EXPECT_NEAR(Value(*parts.parts[0].amounts[0]), 45 * share, 1e-9);
  EXPECT_NEAR(Value(*parts.parts[1].amounts[1]), 9 * (1 - share), 1e-9);
  EXPECT_THAT(parts.parts[1].applied_rules, ElementsAre("through_train_split", "teachers_by_ratio"));
}

TEST(PartsOf, CountsUnknownStagesWhollyInSchoolsOfOneStage) {
  v1::IndicatorSet set = NationalSet();
  set.set_split_teachers(true);
  SchoolFigures school = PrimarySchool(1);
  school.staff = {{"2", 20, 15, 9, 3, 2, 0}, {"", 10, 8, 7, 0, 4, 0}};
  const SchoolParts parts = PartsOf(school, set);
  EXPECT_EQ(Value(*parts.parts[0].amounts[0]), 23);
  EXPECT_THAT(parts.parts[0].applied_rules, IsEmpty());
}

TEST(PartsOf, ThroughTrainSchoolWithOneStageInUseIsNotSplit) {
  SchoolFigures school = NineYearSchool();
  school.junior_pupils = 0;
  const SchoolParts parts = PartsOf(school, NationalSet());
  ASSERT_EQ(parts.parts.size(), 1u);
  EXPECT_EQ(Value(*parts.parts[0].amounts[6]), 23);
  EXPECT_THAT(parts.parts[0].applied_rules, IsEmpty());
  EXPECT_THAT(parts.exclusions, ElementsAre("初中无在校生"));
}

TEST(PartsOf, MissingFiguresStayMissing) {
  SchoolFigures school = PrimarySchool(1);
  school.staff.clear();
  school.facilities.indoor_sports_area = std::nullopt;
  school.facilities.equipment_value = std::nullopt;
  const auto amounts = PartsOf(school, NationalSet()).parts[0].amounts;
  for (int i : {0, 1, 2, 4, 5}) EXPECT_FALSE(amounts[i].has_value()) << i;
  for (int i : {3, 6}) EXPECT_TRUE(amounts[i].has_value()) << i;
}

TEST(PartsOf, TeachersOfOtherStagesAreNoZeroForThisOne) {
  SchoolFigures school = NineYearSchool();
  school.staff = {{"3", 30, 30, 25, 6, 4, 0}};
  const SchoolParts parts = PartsOf(school, NationalSet());
  EXPECT_FALSE(parts.parts[0].amounts[0].has_value());
  EXPECT_TRUE(parts.parts[1].amounts[0].has_value());
}

TEST(PartsOf, UnreportedStageLeavesTheSplitOpen) {
  SchoolFigures school = NineYearSchool();
  school.junior_pupils = std::nullopt;
  const SchoolParts parts = PartsOf(school, NationalSet());
  ASSERT_EQ(parts.parts.size(), 2u);
  EXPECT_TRUE(parts.parts[0].amounts[0].has_value()) << "own teachers need no split";
  EXPECT_FALSE(parts.parts[0].amounts[3].has_value());
  EXPECT_FALSE(parts.parts[1].amounts[0].has_value());
}

TEST(PartsOf, SmallRuralSchoolsAddSharedTeachers) {
  for (const auto& [urban_rural, pupils, shared] :
       std::vector<std::tuple<std::string, int, bool>>{{"210", 50, true},
                                                       {"220", 99, true},
                                                       {"220", 49, false},
                                                       {"220", 100, false},
                                                       {"121", 60, false},
                                                       {"111", 60, false}}) {
    SchoolFigures school = PrimarySchool(1);
    school.urban_rural = urban_rural;
    school.primary_pupils = pupils;
    school.staff = {{"2", 8, 6, 4, 1, 0, 2}};
    const SchoolParts parts = PartsOf(school, NationalSet());
    EXPECT_EQ(Value(*parts.parts[0].amounts[2]), shared ? 2 : 0) << urban_rural << " " << pupils;
    EXPECT_EQ(parts.parts[0].applied_rules.size(), shared ? 1u : 0u);
  }
}

TEST(PartsOf, SharedTeachersCountOnlyWhereTheSetSaysSo) {
  v1::IndicatorSet set = NationalSet();
  set.set_count_shared_sports_art_teachers(false);
  SchoolFigures school = PrimarySchool(1);
  school.urban_rural = "210";
  school.primary_pupils = 60;
  school.staff = {{"2", 8, 6, 4, 1, 1, 2}};
  const SchoolParts parts = PartsOf(school, set);
  EXPECT_EQ(Value(*parts.parts[0].amounts[2]), 1);
  EXPECT_THAT(parts.parts[0].applied_rules, IsEmpty());
}

TEST(PartsOf, ExtraSportsAreasCountForDenseCentresOnly) {
  SchoolFigures school = PrimarySchool(1);
  school.facilities.extra_sports_area = 12345;
  EXPECT_EQ(Value(*PartsOf(school, NationalSet()).parts[0].amounts[4]), 750000);
  school.dense_centre = true;
  const SchoolParts parts = PartsOf(school, NationalSet());
  EXPECT_EQ(Value(*parts.parts[0].amounts[4]), 762345);
  EXPECT_THAT(parts.parts[0].applied_rules, ElementsAre("extra_sports_areas"));
  school.facilities.extra_sports_area = std::nullopt;
  EXPECT_EQ(Value(*PartsOf(school, NationalSet()).parts[0].amounts[4]), 750000) << "no extra areas are no missing data";
}

TEST(PartsOf, ExtraSportsAreasCountOnlyWhereTheSetSaysSo) {
  v1::IndicatorSet set = NationalSet();
  set.set_count_extra_sports_areas(false);
  SchoolFigures school = PrimarySchool(1);
  school.dense_centre = true;
  school.facilities.extra_sports_area = 12345;
  const SchoolParts parts = PartsOf(school, set);
  EXPECT_EQ(Value(*parts.parts[0].amounts[4]), 750000);
  EXPECT_THAT(parts.parts[0].applied_rules, IsEmpty());
}

TEST(PartsOf, LeavesOutSmallTeachingPoints) {
  SchoolFigures school = PrimarySchool(1);
  school.kind = "218";
  school.primary_pupils = 49;
  EXPECT_THAT(PartsOf(school, NationalSet()).parts, IsEmpty());
  EXPECT_THAT(PartsOf(school, NationalSet()).exclusions, ElementsAre("教学点在校生不足50人"));
  school.primary_pupils = 50;
  EXPECT_EQ(PartsOf(school, NationalSet()).parts.size(), 1u);
  school.primary_pupils = std::nullopt;
  EXPECT_EQ(PartsOf(school, NationalSet()).parts.size(), 1u) << "unreported is pending, not small";
  school.kind = "211";
  school.primary_pupils = 12;
  EXPECT_EQ(PartsOf(school, NationalSet()).parts.size(), 1u) << "a small school is no teaching point";
}

TEST(PartsOf, OtherKindsAndClosedSchoolsAreNotEvaluated) {
  for (const char* kind : {"111", "119", "219", "222", "319", "342", "365", "371", "512", "519", "933", ""}) {
    SchoolFigures school = PrimarySchool(1);
    school.kind = kind;
    school.junior_pupils = 100;
    EXPECT_THAT(PartsOf(school, NationalSet()).parts, IsEmpty()) << kind;
    EXPECT_THAT(PartsOf(school, NationalSet()).exclusions, IsEmpty()) << kind;
  }
  SchoolFigures school = PrimarySchool(1);
  school.closed = true;
  EXPECT_THAT(PartsOf(school, NationalSet()).parts, IsEmpty());
  EXPECT_THAT(PartsOf(school, NationalSet()).exclusions, IsEmpty());
  school.missed_since = absl::CivilDay(2025, 7, 1);
  EXPECT_THAT(PartsOf(school, NationalSet()).parts, IsEmpty());
  EXPECT_THAT(PartsOf(school, NationalSet()).exclusions, ElementsAre("已于2025-07-01撤销"));
}

}  // namespace
}  // namespace edudelta::planning::domain
