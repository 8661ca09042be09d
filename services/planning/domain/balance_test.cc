#include "planning/domain/balance.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "common/base/error.h"
#include "planning/domain/test_samples.h"

namespace edudelta::planning::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

BalanceEvaluation Evaluate(std::vector<SchoolFigures> schools, const v1::IndicatorSet& set = NationalSet()) {
  return *EvaluateBalance(set, 2025, std::move(schools));
}

v1::SchoolFinding FindingOf(const SchoolFigures& school) { return Evaluate({school}).findings.at(0); }

std::vector<SchoolFigures> GoodDistrict() {
  return {PrimarySchool(1), PrimarySchool(2), JuniorSchool(3), JuniorSchool(4)};
}

TEST(EvaluateBalance, ExactlyAtEveryStandardPasses) {
  const BalanceEvaluation evaluation = Evaluate(GoodDistrict());
  EXPECT_EQ(evaluation.report.verdict(), v1::VERDICT_PASSED);
  EXPECT_EQ(evaluation.report.school_count(), 4);
  EXPECT_EQ(evaluation.report.failed_count(), 0);
  EXPECT_EQ(evaluation.report.school_year(), 2025);
  EXPECT_EQ(evaluation.report.indicator_set(), "districts/000000/indicatorSets/2017");
  ASSERT_EQ(evaluation.findings.size(), 4u);
  for (const v1::SchoolFinding& finding : evaluation.findings) {
    EXPECT_EQ(finding.verdict(), v1::VERDICT_PASSED);
    for (const v1::IndicatorValue& indicator : finding.indicators()) {
      EXPECT_EQ(indicator.state(), v1::IndicatorValue::STATE_MET);
      EXPECT_THAT(indicator.shortfall(), IsEmpty());
    }
  }
  const v1::SchoolFinding& first = evaluation.findings[0];
  EXPECT_EQ(first.indicators(0).value(), "4.2000");
  EXPECT_EQ(first.indicators(3).value(), "4.5000");
  EXPECT_EQ(first.indicators(5).value(), "2000.0000");
  EXPECT_EQ(first.indicators(5).standard(), "2000");
  EXPECT_EQ(FindingId(first), "2131000001-primary");
  EXPECT_EQ(FindingId(evaluation.findings[2]), "2131000003-junior");
}

TEST(EvaluateBalance, OneIndicatorBetweenFloorAndStandardStillPasses) {
  SchoolFigures school = PrimarySchool(1);
  school.facilities.teaching_area = 449999;
  const v1::SchoolFinding finding = FindingOf(school);
  EXPECT_EQ(finding.indicators(3).state(), v1::IndicatorValue::STATE_ABOVE_FLOOR) << "one hundredth below";
  EXPECT_EQ(finding.indicators(3).value(), "4.5000") << "display rounds, the comparison does not";
  EXPECT_EQ(finding.indicators(3).shortfall(), "0.01");
  EXPECT_EQ(finding.verdict(), v1::VERDICT_PASSED);
}

TEST(EvaluateBalance, TheFloorIsExact) {
  SchoolFigures school = PrimarySchool(1);
  school.facilities.teaching_area = 382500;
  EXPECT_EQ(FindingOf(school).indicators(3).state(), v1::IndicatorValue::STATE_ABOVE_FLOOR);
  EXPECT_EQ(FindingOf(school).verdict(), v1::VERDICT_PASSED);
  school.facilities.teaching_area = 382499;
  const v1::SchoolFinding finding = FindingOf(school);
  EXPECT_EQ(finding.indicators(3).state(), v1::IndicatorValue::STATE_BELOW_FLOOR);
  EXPECT_EQ(finding.verdict(), v1::VERDICT_FAILED);
  EXPECT_EQ(finding.indicators(3).shortfall(), "675.01");
}

TEST(EvaluateBalance, TwoIndicatorsBelowTheStandardFail) {
  SchoolFigures school = PrimarySchool(1);
  school.facilities.teaching_area = 449999;
  school.facilities.equipment_value = 199999999;
  EXPECT_EQ(FindingOf(school).verdict(), v1::VERDICT_FAILED);
  v1::IndicatorSet set = NationalSet();
  set.set_required_indicator_count(5);
  EXPECT_EQ(Evaluate({school}, set).findings[0].verdict(), v1::VERDICT_PASSED);
}

TEST(EvaluateBalance, SaysWhatIsMissingInWholeTeachersAndRooms) {
  SchoolFigures school = PrimarySchool(1);
  school.primary_pupils = 1013;
  const v1::SchoolFinding finding = FindingOf(school);
  // 1013 x 4.2 / 100 = 42.546 teachers, 9.117, 4558.5 square metres, 2,026,000 yuan, 23.299 rooms.
  EXPECT_EQ(finding.indicators(0).shortfall(), "1");
  EXPECT_EQ(finding.indicators(1).shortfall(), "1");
  EXPECT_EQ(finding.indicators(2).shortfall(), "1");
  EXPECT_EQ(finding.indicators(3).shortfall(), "58.50");
  EXPECT_EQ(finding.indicators(5).shortfall(), "26000.00");
  EXPECT_EQ(finding.indicators(6).shortfall(), "1");
  EXPECT_EQ(finding.indicators(0).value(), "4.1461");
}

TEST(EvaluateBalance, TheShortfallIsEnoughAndNotMore) {
  std::mt19937 random(5);
  for (int round = 0; round < 500; ++round) {
    SchoolFigures school = PrimarySchool(1);
    school.primary_pupils = 1 + static_cast<int64_t>(random() % 3000);
    school.staff[0].backbone_count = static_cast<int64_t>(random() % 30);
    school.facilities.teaching_area = static_cast<int64_t>(random() % 1350000);
    const v1::SchoolFinding before = FindingOf(school);
    auto repaired = [&](int64_t teachers_less, int64_t hundredths_less) {
      SchoolFigures next = school;
      const std::string& teachers = before.indicators(1).shortfall();
      const std::string& area = before.indicators(3).shortfall();
      if (!teachers.empty()) next.staff[0].backbone_count += std::stoll(teachers) - teachers_less;
      if (!area.empty()) *next.facilities.teaching_area += std::llround(std::stod(area) * 100) - hundredths_less;
      return FindingOf(next);
    };
    EXPECT_EQ(repaired(0, 0).indicators(1).state(), v1::IndicatorValue::STATE_MET);
    EXPECT_EQ(repaired(0, 0).indicators(3).state(), v1::IndicatorValue::STATE_MET);
    if (!before.indicators(1).shortfall().empty()) {
      EXPECT_NE(repaired(1, 0).indicators(1).state(), v1::IndicatorValue::STATE_MET);
    }
    if (!before.indicators(3).shortfall().empty()) {
      EXPECT_NE(repaired(0, 1).indicators(3).state(), v1::IndicatorValue::STATE_MET);
    }
  }
}

TEST(EvaluateBalance, MissingDataIsPendingNotZero) {
  SchoolFigures school = PrimarySchool(1);
  school.facilities.equipment_value = std::nullopt;
  const BalanceEvaluation evaluation = Evaluate({school, PrimarySchool(2), JuniorSchool(3)});
  const v1::IndicatorValue& indicator = evaluation.findings[0].indicators(5);
  EXPECT_EQ(indicator.state(), v1::IndicatorValue::STATE_PENDING);
  EXPECT_THAT(indicator.value(), IsEmpty());
  EXPECT_THAT(indicator.shortfall(), IsEmpty());
  EXPECT_EQ(evaluation.findings[0].verdict(), v1::VERDICT_PENDING);
  EXPECT_EQ(evaluation.report.verdict(), v1::VERDICT_PENDING);
  EXPECT_EQ(evaluation.report.pending_count(), 1);
  const v1::Coefficient& coefficient = evaluation.report.stages(0).coefficients(5);
  EXPECT_EQ(coefficient.state(), v1::Coefficient::STATE_PENDING);
  EXPECT_EQ(coefficient.value(), 0) << "over the schools that are known";
  EXPECT_EQ(coefficient.mean(), 2000);
  EXPECT_EQ(evaluation.report.stages(0).coefficients(0).state(), v1::Coefficient::STATE_WITHIN);
}

TEST(EvaluateBalance, ADecidedFailureDoesNotWaitForData) {
  SchoolFigures school = PrimarySchool(1);
  school.facilities.equipment_value = std::nullopt;
  school.facilities.teaching_area = 0;
  EXPECT_EQ(FindingOf(school).verdict(), v1::VERDICT_FAILED);
  EXPECT_EQ(Evaluate({school}).report.verdict(), v1::VERDICT_FAILED);
}

TEST(EvaluateBalance, AnUnreportedSchoolIsPendingInEverything) {
  SchoolFigures school;
  school.name = SampleName(9);
  school.kind = "211";
  const BalanceEvaluation evaluation = Evaluate({school});
  EXPECT_EQ(evaluation.findings.at(0).verdict(), v1::VERDICT_PENDING);
  EXPECT_EQ(evaluation.findings.at(0).indicators_size(), 7);
  EXPECT_FALSE(evaluation.report.stages(0).coefficients(0).has_value());
}

TEST(EvaluateBalance, NobodyToEvaluateIsNoPass) {
  const BalanceEvaluation evaluation = Evaluate({PrimarySchool(1)});
  EXPECT_EQ(evaluation.report.stages(0).verdict(), v1::VERDICT_PASSED);
  EXPECT_EQ(evaluation.report.stages(1).school_count(), 0);
  EXPECT_EQ(evaluation.report.stages(1).coefficients(0).state(), v1::Coefficient::STATE_NOT_COMPUTABLE);
  EXPECT_EQ(evaluation.report.stages(1).verdict(), v1::VERDICT_PENDING);
  EXPECT_EQ(evaluation.report.verdict(), v1::VERDICT_PENDING);
}

TEST(EvaluateBalance, ListsSchoolsWithoutPupils) {
  SchoolFigures empty = PrimarySchool(2);
  empty.primary_pupils = 0;
  const BalanceEvaluation evaluation = Evaluate({PrimarySchool(1), empty, JuniorSchool(3)});
  EXPECT_THAT(evaluation.report.excluded_schools(), ElementsAre("districts/310114/schools/2131000002：小学无在校生"));
  EXPECT_EQ(evaluation.report.verdict(), v1::VERDICT_PASSED);
  EXPECT_EQ(evaluation.report.school_count(), 2);
}

TEST(EvaluateBalance, UnequalSchoolsFailTheDistrictThoughEachPasses) {
  SchoolFigures rich = PrimarySchool(2);
  rich.facilities.equipment_value = 900000000;
  const BalanceEvaluation evaluation = Evaluate({PrimarySchool(1), rich, JuniorSchool(3)});
  // Values 2000 and 9000 with equal pupils: mean 5500, deviation 3500.
  const v1::Coefficient& coefficient = evaluation.report.stages(0).coefficients(5);
  EXPECT_DOUBLE_EQ(coefficient.value(), 3500.0 / 5500.0);
  EXPECT_EQ(coefficient.state(), v1::Coefficient::STATE_OVER);
  EXPECT_EQ(coefficient.limit(), "0.50");
  EXPECT_EQ(evaluation.report.failed_count(), 0);
  EXPECT_EQ(evaluation.report.stages(0).verdict(), v1::VERDICT_FAILED);
  EXPECT_EQ(evaluation.report.verdict(), v1::VERDICT_FAILED);
}

TEST(EvaluateBalance, ACoefficientAtItsLimitIsWithin) {
  SchoolFigures rich = PrimarySchool(2);
  rich.facilities.equipment_value = 600000000;
  const BalanceEvaluation evaluation = Evaluate({PrimarySchool(1), rich, JuniorSchool(3)});
  EXPECT_EQ(evaluation.report.stages(0).coefficients(5).value(), 0.5);
  EXPECT_EQ(evaluation.report.stages(0).coefficients(5).state(), v1::Coefficient::STATE_WITHIN);
}

TEST(EvaluateBalance, AllZeroIsAFailureWhoseCoefficientCannotBeComputed) {
  SchoolFigures school = PrimarySchool(1);
  school.facilities.multimedia_room_count = 0;
  const BalanceEvaluation evaluation = Evaluate({school});
  EXPECT_EQ(evaluation.findings[0].indicators(6).state(), v1::IndicatorValue::STATE_BELOW_FLOOR);
  EXPECT_EQ(evaluation.findings[0].indicators(6).shortfall(), "23");
  EXPECT_EQ(evaluation.report.stages(0).coefficients(6).state(), v1::Coefficient::STATE_NOT_COMPUTABLE);
  EXPECT_FALSE(evaluation.report.stages(0).coefficients(6).has_value());
}

TEST(EvaluateBalance, ThroughTrainSchoolsCountOnceAStage) {
  SchoolFigures school = PrimarySchool(5);
  school.kind = "312";
  school.junior_pupils = 500;
  const BalanceEvaluation evaluation = Evaluate({school});
  ASSERT_EQ(evaluation.findings.size(), 2u);
  EXPECT_EQ(FindingId(evaluation.findings[0]), "2131000005-primary");
  EXPECT_EQ(FindingId(evaluation.findings[1]), "2131000005-junior");
  EXPECT_THAT(evaluation.findings[0].applied_rules(), ElementsAre("through_train_split"));
  EXPECT_EQ(evaluation.report.school_count(), 2);
}

std::vector<SchoolFigures> LargeDistrict(int count) {
  std::mt19937 random(42);
  std::vector<SchoolFigures> schools;
  const char* kinds[] = {"211", "311", "312", "341", "345", "218", "111"};
  for (int i = 0; i < count; ++i) {
    SchoolFigures school = random() % 2 ? PrimarySchool(i) : JuniorSchool(i);
    school.kind = kinds[random() % 7];
    school.primary_pupils = random() % 3000;
    school.junior_pupils = random() % 2000;
    school.senior_pupils = random() % 2000;
    school.staff.push_back({"", static_cast<int64_t>(random() % 20), 5, 4, 2, 1, 1});
    if (random() % 10 == 0) school.facilities.teaching_area = std::nullopt;
    school.facilities.equipment_value = static_cast<int64_t>(random()) * 100;
    schools.push_back(school);
  }
  return schools;
}

TEST(EvaluateBalance, OrderOfTheFiguresDoesNotMatter) {
  using google::protobuf::util::MessageDifferencer;
  std::vector<SchoolFigures> schools = LargeDistrict(900);
  const BalanceEvaluation first = Evaluate(schools);
  std::shuffle(schools.begin(), schools.end(), std::mt19937(1));
  const BalanceEvaluation second = Evaluate(schools);
  EXPECT_EQ(first.report.SerializeAsString(), second.report.SerializeAsString());
  ASSERT_EQ(first.findings.size(), second.findings.size());
  for (size_t i = 0; i < first.findings.size(); ++i) {
    EXPECT_TRUE(MessageDifferencer::Equals(first.findings[i], second.findings[i])) << i;
  }
  EXPECT_TRUE(std::is_sorted(first.findings.begin(), first.findings.end(), [](const auto& a, const auto& b) {
    return std::pair(a.school(), a.stage()) < std::pair(b.school(), b.stage());
  }));
}

TEST(EvaluateBalance, RefusesAnIncompleteSet) {
  v1::IndicatorSet set = NationalSet();
  set.mutable_standards(0)->mutable_indicators()->RemoveLast();
  EXPECT_EQ(ReasonOf(EvaluateBalance(set, 2025, GoodDistrict()).status()), "INDICATORS_INCOMPLETE");
}

TEST(ChooseIndicatorSet, TakesTheNearestJurisdictionThenTheLatestInForce) {
  auto set = [](const char* name, absl::CivilDay day) {
    v1::IndicatorSet result;
    result.set_name(name);
    *result.mutable_effective_date() = calendar::ToProto(day);
    return result;
  };
  const auto statistics_day = calendar::FirstDayOfSchoolYear;
  const std::vector<v1::IndicatorSet> sets = {
      set("districts/000000/indicatorSets/2024", absl::CivilDay(2024, 1, 1)),
      set("districts/310000/indicatorSets/2018", absl::CivilDay(2018, 1, 1)),
      set("districts/310000/indicatorSets/2020", absl::CivilDay(2020, 9, 1)),
      set("districts/310000/indicatorSets/2030", absl::CivilDay(2030, 1, 1)),
      set("districts/3101141/indicatorSets/x", absl::CivilDay(2018, 1, 1)),
  };
  const std::vector<std::string> jurisdictions = {"districts/310114", "districts/310000", "districts/000000"};
  EXPECT_EQ(ChooseIndicatorSet(sets, jurisdictions, statistics_day(2020)), &sets[2]) << "on its first day";
  EXPECT_EQ(ChooseIndicatorSet(sets, jurisdictions, statistics_day(2019)), &sets[1]);
  EXPECT_EQ(ChooseIndicatorSet(sets, {"districts/000000"}, statistics_day(2025)), &sets[0]);
  EXPECT_EQ(ChooseIndicatorSet(sets, jurisdictions, statistics_day(2016)), nullptr);
}

TEST(ChooseIndicatorSet, TheHigherVersionOfOneEffectiveDateHolds) {
  auto set = [](const char* name, int version, int64_t created) {
    v1::IndicatorSet result;
    result.set_name(name);
    *result.mutable_effective_date() = calendar::ToProto(absl::CivilDay(2024, 1, 1));
    result.set_version_number(version);
    result.mutable_create_time()->set_seconds(created);
    return result;
  };
  auto chosen = [](const std::vector<v1::IndicatorSet>& sets) {
    return ChooseIndicatorSet(sets, {"districts/000000"}, absl::CivilDay(2025, 9, 1))->name();
  };
  const auto wrong = set("districts/000000/indicatorSets/b", 9, 101);
  const auto corrected = set("districts/000000/indicatorSets/a", 10, 100);
  EXPECT_EQ(chosen({wrong, corrected}), corrected.name()) << "whichever was made last";
  EXPECT_EQ(chosen({corrected, wrong}), corrected.name());
  auto next = set("districts/000000/indicatorSets/0", 11, 102);
  EXPECT_EQ(chosen({next, wrong, corrected}), next.name());
  *next.mutable_effective_date() = calendar::ToProto(absl::CivilDay(2023, 1, 1));
  EXPECT_EQ(chosen({next, wrong, corrected}), corrected.name()) << "the effective date comes first";
}

}  // namespace
}  // namespace edudelta::planning::domain
