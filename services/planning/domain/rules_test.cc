#include "planning/domain/rules.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/base/timestamp.h"
#include "common/calendar/days.h"
#include "common/codes/code_sets.h"
#include "planning/domain/test_samples.h"

namespace edudelta::planning::domain {
namespace {

const absl::CivilDay kToday(2025, 11, 20);

v1::School School(const std::string& id, const std::string& kind) {
  v1::School school;
  school.set_name("districts/310114/schools/" + id);
  school.set_kind(kind);
  return school;
}

TEST(CheckSchool, KindFitsTheCategoryOfItsCode) {
  for (const auto& [id, kind] : std::vector<std::pair<std::string, std::string>>{{"1144000001", "111"},
                                                                                 {"2131000001", "211"},
                                                                                 {"2131000001", "218"},
                                                                                 {"3131000001", "312"},
                                                                                 {"3431000001", "341"},
                                                                                 {"3431000001", "345"},
                                                                                 {"5131000001", "514"},
                                                                                 {"3731000001", "371"}}) {
    EXPECT_TRUE(Check(School(id, kind), kToday).ok()) << id << kind;
  }
  const absl::Status status = Check(School("2131000001", "312"), kToday);
  EXPECT_EQ(ReasonOf(status), "SCHOOL_KIND_MISMATCH");
  EXPECT_EQ(FieldOf(status), "kind");
}

TEST(CheckSchool, EveryKindBeginsWithACategory) {
  const codes::CodeSets sets = codes::CodeSets::Embedded();
  for (const codes::Code& kind : sets.Find("SCHOOL_KIND")->codes) {
    EXPECT_TRUE(sets.Contains("SCHOOL_CODE_CATEGORY", kind.code.substr(0, 2))) << kind.code;
  }
}

TEST(CheckSchool, CoordinatesComeTogether) {
  v1::School school = School("2131000001", "211");
  school.set_longitude("121.25");
  EXPECT_EQ(ReasonOf(Check(school, kToday)), "COORDINATES_INCOMPLETE");
  EXPECT_EQ(FieldOf(Check(school, kToday)), "latitude");
  school.set_latitude("31.38");
  EXPECT_TRUE(Check(school, kToday).ok());
}

std::string ClosingOn(absl::CivilDay day, const v1::School& school = {}, const CloseFacts& facts = {},
                      bool from_above = false) {
  v1::CloseSchoolRequest request;
  *request.mutable_close_date() = calendar::ToProto(day);
  return ReasonOf(MayCloseSchool(school, request, facts, kToday, from_above));
}

TEST(MayCloseSchool, NeedsADayThatHasCome) {
  EXPECT_EQ(ClosingOn(kToday), "");
  EXPECT_EQ(ClosingOn(kToday + 1), "CLOSE_DATE_IN_FUTURE");
}

TEST(MayCloseSchool, NotBeforeItWasThere) {
  v1::School school = School("2131000001", "211");
  school.set_built_year(2010);
  EXPECT_EQ(ClosingOn(absl::CivilDay(2009, 12, 31), school, {}, true), "CLOSE_DATE_BEFORE_BUILT");
  EXPECT_EQ(ClosingOn(absl::CivilDay(2010, 1, 1), school, {}, true), "");
  EXPECT_EQ(ClosingOn(absl::CivilDay(2023, 9, 1), school, {2023}, true), "CLOSE_DATE_BEFORE_PUPILS");
  EXPECT_EQ(ClosingOn(absl::CivilDay(2023, 9, 2), school, {2023}, true), "");
}

TEST(MayCloseSchool, BeforeTheLastSchoolYearOnlyFromAbove) {
  const absl::CivilDay first = calendar::FirstDayOfSchoolYear(calendar::SchoolYearOf(kToday) - 1);
  EXPECT_EQ(ClosingOn(first), "");
  EXPECT_EQ(ClosingOn(first - 1), "CLOSE_DATE_TOO_EARLY");
  EXPECT_EQ(ClosingOn(first - 1, {}, {}, true), "");
}

TEST(MayCloseSchool, OfAnUnknownPastOnlyFromAboveBeforeItWasRegistered) {
  v1::School school = School("2131000001", "211");
  SetTimestamp(calendar::StartOf(kToday), school.mutable_create_time());
  const absl::CivilDay first = calendar::FirstDayOfSchoolYear(calendar::SchoolYearOf(kToday));
  EXPECT_EQ(ClosingOn(first, school), "");
  EXPECT_EQ(ClosingOn(first - 1, school), "CLOSE_DATE_TOO_EARLY");
  EXPECT_EQ(ClosingOn(first - 1, school, {}, true), "");
  EXPECT_EQ(ClosingOn(first - 1, school, {2023}), "") << "its pupils say that it was there";
  school.set_built_year(1990);
  EXPECT_EQ(ClosingOn(first - 1, school), "");
}

TEST(MayCloseSchool, NeverBeforeThereWereSchoolsOfToday) {
  EXPECT_EQ(ClosingOn(absl::CivilDay(1900, 1, 1), {}, {}, true), "CLOSE_DATE_TOO_EARLY");
  EXPECT_EQ(ClosingOn(absl::CivilDay(1949, 9, 30), {}, {}, true), "CLOSE_DATE_TOO_EARLY");
  EXPECT_EQ(ClosingOn(absl::CivilDay(1949, 10, 1), {}, {}, true), "");
}

TEST(CheckSchool, WasNotBuiltInTheFuture) {
  v1::School school = School("2131000001", "211");
  school.set_built_year(2025);
  EXPECT_TRUE(Check(school, kToday).ok());
  school.set_built_year(2026);
  EXPECT_EQ(ReasonOf(Check(school, kToday)), "BUILT_IN_FUTURE");
}

v1::GradeEnrollment Enrollment() {
  v1::GradeEnrollment enrollment;
  enrollment.set_name("districts/310114/schools/2131000001/gradeEnrollments/2025-2-3");
  enrollment.set_school_year(2025);
  enrollment.set_stage("2");
  enrollment.set_grade(3);
  enrollment.set_class_count(4);
  enrollment.set_pupil_count(160);
  return enrollment;
}

TEST(CheckGradeEnrollment, IdSaysYearStageAndGrade) {
  EXPECT_TRUE(Check(Enrollment(), kToday).ok());
  v1::GradeEnrollment enrollment = Enrollment();
  enrollment.set_grade(4);
  EXPECT_EQ(ReasonOf(Check(enrollment, kToday)), "ENROLLMENT_ID_MISMATCH");
}

TEST(CheckGradeEnrollment, GradeBelongsToTheStage) {
  const std::vector<std::pair<std::string, int>> stages = {{"1", 4}, {"2", 6}, {"3", 4}, {"4", 3}, {"A", 12}};
  for (const auto& [stage, last] : stages) {
    for (int grade : {0, 1, last, last + 1}) {
      v1::GradeEnrollment enrollment = Enrollment();
      enrollment.set_stage(stage);
      enrollment.set_grade(grade);
      enrollment.set_name("x/" + GradeEnrollmentId(enrollment));
      const bool fits = grade >= 1 && grade <= last;
      EXPECT_EQ(ReasonOf(Check(enrollment, kToday)), fits ? "" : "GRADE_OUT_OF_STAGE") << stage << grade;
    }
  }
}

TEST(CheckGradeEnrollment, BandsSumToTheClassesWhenGiven) {
  v1::GradeEnrollment enrollment = Enrollment();
  enrollment.set_pupil_count(190);
  enrollment.set_classes_36_to_45(3);
  EXPECT_EQ(ReasonOf(Check(enrollment, kToday)), "CLASS_BANDS_MISMATCH");
  enrollment.set_classes_66_or_more(1);
  EXPECT_TRUE(Check(enrollment, kToday).ok());
}

TEST(CheckGradeEnrollment, IsOfTheNextSchoolYearAtMost) {
  v1::GradeEnrollment enrollment = Enrollment();
  for (const auto& [year, reason] : {std::pair{2026, ""}, std::pair{2027, "SCHOOL_YEAR_IN_FUTURE"}}) {
    enrollment.set_school_year(year);
    enrollment.set_name("x/" + GradeEnrollmentId(enrollment));
    EXPECT_EQ(ReasonOf(Check(enrollment, kToday)), reason) << year;
  }
}

TEST(CheckGradeEnrollment, ClassesAndPupilsGoTogether) {
  struct Case {
    int classes;
    int pupils;
    const char* reason;
  };
  const Case cases[] = {{0, 0, ""},
                        {1, 1, ""},
                        {3, 6, ""},    // 特殊教育
                        {0, 20, ""},   // 复式班
                        {0, 300, ""},  // not stated
                        {1, 0, "CLASSES_EXCEED_PUPILS"},
                        {5, 4, "CLASSES_EXCEED_PUPILS"},
                        {1, 110, ""},
                        {1, 201, "PUPILS_EXCEED_CLASSES"},
                        {200, 20000, ""}};
  for (const auto& [classes, pupils, reason] : cases) {
    v1::GradeEnrollment enrollment = Enrollment();
    enrollment.set_class_count(classes);
    enrollment.set_pupil_count(pupils);
    EXPECT_EQ(ReasonOf(Check(enrollment, kToday)), reason) << classes << " " << pupils;
  }
}

TEST(CheckGradeEnrollment, BandsHoldThePupils) {
  v1::GradeEnrollment enrollment = Enrollment();
  enrollment.set_class_count(2);
  enrollment.set_classes_66_or_more(2);
  for (const auto& [pupils, fits] : {std::pair{20, false}, std::pair{131, false}, std::pair{132, true}}) {
    enrollment.set_pupil_count(pupils);
    EXPECT_EQ(ReasonOf(Check(enrollment, kToday)), fits ? "" : "CLASS_BANDS_IMPLAUSIBLE") << pupils;
  }
  enrollment.clear_classes_66_or_more();
  enrollment.set_classes_up_to_25(2);
  for (const auto& [pupils, fits] : {std::pair{2, true}, std::pair{50, true}, std::pair{51, false}}) {
    enrollment.set_pupil_count(pupils);
    EXPECT_EQ(ReasonOf(Check(enrollment, kToday)), fits ? "" : "CLASS_BANDS_IMPLAUSIBLE") << pupils;
  }
}

TEST(CheckGradeEnrollment, PartsAreNotMoreThanTheWhole) {
  v1::GradeEnrollment enrollment = Enrollment();
  enrollment.set_boarder_count(160);
  EXPECT_TRUE(Check(enrollment, kToday).ok());
  enrollment.set_left_behind_count(161);
  EXPECT_EQ(ReasonOf(Check(enrollment, kToday)), "PART_EXCEEDS_PUPILS");
  EXPECT_EQ(FieldOf(Check(enrollment, kToday)), "left_behind_count");
}

TEST(CheckWorkPlan, DatesInOrder) {
  v1::WorkPlan plan;
  *plan.mutable_start_date() = calendar::ToProto(absl::CivilDay(2018, 1, 1));
  *plan.mutable_end_date() = calendar::ToProto(absl::CivilDay(2018, 1, 1));
  EXPECT_TRUE(Check(plan).ok());
  *plan.mutable_end_date() = calendar::ToProto(absl::CivilDay(2017, 12, 31));
  EXPECT_EQ(ReasonOf(Check(plan)), "PLAN_PERIOD_REVERSED");
  *plan.mutable_end_date() = calendar::ToProto(absl::CivilDay(2018, 1, 1));
  *plan.mutable_issue_date() = calendar::ToProto(absl::CivilDay(2018, 1, 1));
  EXPECT_TRUE(Check(plan).ok());
  *plan.mutable_issue_date() = calendar::ToProto(absl::CivilDay(2018, 1, 2));
  EXPECT_EQ(ReasonOf(Check(plan)), "PLAN_ISSUED_TOO_LATE");
}

// `set` gives the part what it names.
template <typename T, typename Set>
void ExpectSamePlan(T part, const std::string& field, const std::string& collection, Set set) {
  part.set_name("districts/150104/workPlans/p/parts/one");
  EXPECT_TRUE(Check(part).ok()) << field;
  set(&part, "districts/150104/workPlans/p/" + collection + "/x");
  EXPECT_TRUE(Check(part).ok()) << field;
  set(&part, "x");
  EXPECT_TRUE(Check(part).ok()) << "it names nothing, which the service finds out";
  for (const char* plan : {"districts/150104/workPlans/p2", "districts/150104/workPlans/",
                           "districts/150100/workPlans/p", "districts/310114/workPlans/p"}) {
    set(&part, plan + ("/" + collection) + "/x");
    EXPECT_EQ(ReasonOf(Check(part)), "REFERENCE_OTHER_PLAN") << plan;
    EXPECT_EQ(FieldOf(Check(part)), field);
  }
}

TEST(CheckPlanParts, NameWhatStandsInTheSamePlan) {
  auto set_task = [](auto* part, const std::string& name) { part->set_task(name); };
  v1::PlanTarget target;
  target.set_value_text("大体相当");
  ExpectSamePlan(v1::PlanSection(), "parent_section", "sections",
                 [](v1::PlanSection* section, const std::string& name) { section->set_parent_section(name); });
  ExpectSamePlan(v1::PlanTask(), "section", "sections",
                 [](v1::PlanTask* task, const std::string& name) { task->set_section(name); });
  ExpectSamePlan(target, "task", "tasks", set_task);
  ExpectSamePlan(v1::PlanProject(), "task", "tasks", set_task);
  ExpectSamePlan(v1::ReportDuty(), "task", "tasks", set_task);
}

TEST(CheckPlanTarget, HasANumberWithARelationOrWords) {
  v1::PlanTarget target;
  EXPECT_EQ(ReasonOf(Check(target)), "TARGET_VALUE_REQUIRED");
  target.set_value_text("大体相当");
  EXPECT_TRUE(Check(target).ok());
  target.set_value("1");
  EXPECT_EQ(ReasonOf(Check(target)), "TARGET_OPERATOR_REQUIRED");
  target.set_operator_(v1::PlanTarget::OPERATOR_EQUAL);
  EXPECT_TRUE(Check(target).ok());
}

TEST(CheckPlanProject, RangesAndMilestonesInOrder) {
  v1::PlanProject project;
  project.set_count(15);
  project.set_count_max(18);
  EXPECT_TRUE(Check(project).ok());
  project.set_count_max(14);
  EXPECT_EQ(ReasonOf(Check(project)), "COUNT_RANGE_REVERSED");
  project.clear_count_max();
  *project.mutable_due_date() = calendar::ToProto(absl::CivilDay(2024, 9, 1));
  *project.mutable_next_due_date() = calendar::ToProto(absl::CivilDay(2024, 8, 31));
  EXPECT_EQ(ReasonOf(Check(project)), "MILESTONES_REVERSED");
}

TEST(CheckReportDuty, DueIsADayOfTheYearOrADate) {
  v1::ReportDuty duty;
  for (const char* due : {"", "10-15", "02-29", "2018-03-16"}) {
    duty.set_due(due);
    EXPECT_TRUE(Check(duty).ok()) << due;
  }
  for (const char* due : {"13-01", "02-30", "2018-02-29", "3-15", "15", "每年", "2018-3-16", "-1-05", "10-1５"}) {
    duty.set_due(due);
    EXPECT_EQ(ReasonOf(Check(duty)), "REPORT_DUE_FORMAT") << due;
  }
}

TEST(CheckMeasurement, IsNotOfTheFuture) {
  v1::Measurement measurement;
  *measurement.mutable_measure_date() = calendar::ToProto(kToday);
  EXPECT_TRUE(Check(measurement, kToday).ok());
  EXPECT_EQ(ReasonOf(Check(measurement, kToday - 1)), "MEASURED_IN_FUTURE");
}

TEST(CheckIndicatorSet, IsComplete) {
  EXPECT_TRUE(Check(NationalSet()).ok());
  v1::IndicatorSet set = NationalSet();
  set.mutable_standards()->RemoveLast();
  EXPECT_EQ(ReasonOf(Check(set)), "STAGES_INCOMPLETE");
  set = NationalSet();
  set.mutable_standards(1)->set_stage(v1::STAGE_PRIMARY);
  EXPECT_EQ(ReasonOf(Check(set)), "STAGES_INCOMPLETE");
  set = NationalSet();
  set.mutable_standards(1)->mutable_indicators(0)->set_indicator(v1::INDICATOR_MULTIMEDIA_ROOMS);
  EXPECT_EQ(ReasonOf(Check(set)), "INDICATORS_INCOMPLETE");
  set = NationalSet();
  set.mutable_standards(0)->mutable_indicators(0)->set_indicator(v1::INDICATOR_UNSPECIFIED);
  EXPECT_EQ(ReasonOf(Check(set)), "INDICATORS_INCOMPLETE");
}

TEST(CheckIndicatorSet, HasPositiveNumbers) {
  for (const auto& [text, reason] :
       std::vector<std::pair<std::string, std::string>>{{"0", "STANDARD_NOT_POSITIVE"},
                                                        {"-1", "STANDARD_NOT_POSITIVE"},
                                                        {"四", "DECIMAL_FORMAT"},
                                                        {"", "DECIMAL_FORMAT"},
                                                        {"4.20001", "DECIMAL_TOO_PRECISE"}}) {
    v1::IndicatorSet set = NationalSet();
    set.mutable_standards(0)->mutable_indicators(2)->set_standard(text);
    EXPECT_EQ(ReasonOf(Check(set)), reason) << text;
  }
  v1::IndicatorSet set = NationalSet();
  set.mutable_standards(0)->set_coefficient_limit("0");
  EXPECT_EQ(ReasonOf(Check(set)), "COEFFICIENT_LIMIT_NOT_POSITIVE");
  set = NationalSet();
  set.set_required_indicator_count(8);
  EXPECT_EQ(ReasonOf(Check(set)), "REQUIRED_COUNT_OUT_OF_RANGE");
  set = NationalSet();
  set.set_floor_percent(101);
  EXPECT_EQ(ReasonOf(Check(set)), "FLOOR_OUT_OF_RANGE");
}

}  // namespace
}  // namespace edudelta::planning::domain
