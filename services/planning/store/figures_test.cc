#include "planning/store/figures.h"

#include "common/resource/test_engine.h"
#include "edudelta/planning/v1/grade_enrollment.pb.h"
#include "edudelta/planning/v1/school.pb.h"

namespace edudelta::planning::store {
namespace {

using resource::Soon;
using resource::TestService;
using testing::IsOk;

class FiguresTest : public ::testing::Test {
 protected:
  template <typename T>
  void Put(T row) {
    resource::Engine& engine = service_.engine(describe::DatasetOf(T::descriptor()));
    ASSERT_THAT(
        service_.pool->Transact(
            Soon(), [&](db::Tx& tx) { return engine.store().Insert(tx, "2026-01-01 00:00:00.000000", {&row}); }),
        IsOk());
  }

  void PutSchool(const std::string& id, const std::string& kind, std::optional<absl::CivilDay> closed = std::nullopt) {
    v1::School school;
    school.set_name("districts/310114/schools/" + id);
    school.set_display_name(id);
    school.set_kind(kind);
    school.set_state(closed ? v1::School::STATE_CLOSED : v1::School::STATE_OPEN);
    if (closed) *school.mutable_close_date() = calendar::ToProto(*closed);
    Put(school);
  }

  void PutGrade(const std::string& school, const std::string& stage, int grade, int pupils) {
    v1::GradeEnrollment enrollment;
    enrollment.set_name(
        absl::StrCat("districts/310114/schools/", school, "/gradeEnrollments/2025-", stage, "-", grade));
    enrollment.set_school_year(2025);
    enrollment.set_stage(stage);
    enrollment.set_grade(grade);
    enrollment.set_pupil_count(pupils);
    Put(enrollment);
  }

  void PutGrades(const std::string& school, const std::string& stage, const std::vector<int>& pupils) {
    for (size_t i = 0; i < pupils.size(); ++i) PutGrade(school, stage, static_cast<int>(i) + 1, pupils[i]);
  }

  std::vector<domain::SchoolFigures> Read(int school_year = 2025) {
    std::vector<domain::SchoolFigures> figures;
    EXPECT_THAT(service_.pool->Read(Soon(),
                                    [&](db::Session& session) -> absl::Status {
                                      ASSIGN_OR_RETURN(figures,
                                                       ReadSchools(session, service_.engine("planning.School").store(),
                                                                   service_.engine("planning.GradeEnrollment").table(),
                                                                   "310114", school_year, ""));
                                      return absl::OkStatus();
                                    }),
                IsOk());
    return figures;
  }

  TestService service_{{v1::School::descriptor(), v1::GradeEnrollment::descriptor()}};
};

TEST_F(FiguresTest, SumsGradesByStage) {
  PutSchool("3131000001", "312");
  PutGrades("3131000001", "2", {40, 38, 37, 36, 35, 34});
  PutGrades("3131000001", "3", {50, 49, 48});
  const auto figures = Read();
  ASSERT_EQ(figures.size(), 1u);
  EXPECT_EQ(figures[0].primary_pupils, 220);
  EXPECT_EQ(figures[0].junior_pupils, 147);
}

TEST_F(FiguresTest, AStageThatNobodyReportedIsMissingNotZero) {
  PutSchool("3131000001", "312");
  PutSchool("3131000002", "312");
  PutGrades("3131000001", "2", {40, 38, 37, 36, 35, 34});
  PutGrades("3131000002", "2", {40, 38, 37, 36, 35, 34});
  PutGrades("3131000002", "3", {0, 0, 0});
  const auto figures = Read();
  ASSERT_EQ(figures.size(), 2u);
  EXPECT_EQ(figures[0].junior_pupils, std::nullopt);
  EXPECT_EQ(figures[1].junior_pupils, 0);
}

TEST_F(FiguresTest, AGradeThatNobodyReportedIsMissingNotZero) {
  PutSchool("3131000001", "312");
  PutGrades("3131000001", "2", {40, 38, 37, 36});
  PutGrades("3131000001", "3", {50, 49});
  PutSchool("3131000002", "312");
  PutGrades("3131000002", "2", {40, 38});
  for (int grade : {4, 5, 6}) PutGrade("3131000002", "2", grade, 30);
  for (int grade : {2, 3, 4}) PutGrade("3131000002", "3", grade, 30);
  PutSchool("3131000003", "345");
  PutGrades("3131000003", "3", {50, 49, 48});
  PutGrades("3131000003", "5", {20, 20});
  PutGrades("3131000003", "4", {60, 60});
  const auto figures = Read();
  ASSERT_EQ(figures.size(), 3u);
  for (const domain::SchoolFigures& school : figures) {
    EXPECT_EQ(school.primary_pupils, std::nullopt) << school.name;
    EXPECT_EQ(school.junior_pupils, std::nullopt) << school.name;
    EXPECT_EQ(school.senior_pupils, std::nullopt) << school.name;
  }
}

TEST_F(FiguresTest, StagesOfFiveAndFourYearsAreWhole) {
  PutSchool("3131000001", "345");
  PutGrades("3131000001", "2", {40, 38, 37, 36, 0});
  PutGrades("3131000001", "3", {50, 49, 48, 47});
  PutGrades("3131000001", "5", {10, 10, 10});
  PutGrades("3131000001", "4", {60, 60, 60});
  const auto figures = Read();
  ASSERT_EQ(figures.size(), 1u);
  EXPECT_EQ(figures[0].primary_pupils, 151);
  EXPECT_EQ(figures[0].junior_pupils, 224);
  EXPECT_EQ(figures[0].senior_pupils, 180);
}

TEST_F(FiguresTest, ASchoolBelongsToTheYearsThatBeganBeforeItClosed) {
  PutSchool("2131000001", "211", absl::CivilDay(2025, 9, 1));
  PutSchool("2131000002", "211", absl::CivilDay(2025, 9, 2));
  PutSchool("2131000003", "211");
  auto closed = [this](int year) {
    std::vector<bool> result;
    for (const domain::SchoolFigures& school : Read(year)) result.push_back(school.closed);
    return result;
  };
  EXPECT_EQ(closed(2024), std::vector<bool>({false, false, false}));
  EXPECT_EQ(closed(2025), std::vector<bool>({true, false, false}));
  EXPECT_EQ(closed(2026), std::vector<bool>({true, true, false}));
}

TEST_F(FiguresTest, AClosedSchoolThatOneWouldLookForIsNamed) {
  PutSchool("2131000001", "211", absl::CivilDay(2024, 9, 1));
  PutSchool("2131000002", "211", absl::CivilDay(2024, 9, 2));
  PutSchool("2131000003", "211", absl::CivilDay(1900, 1, 1));
  PutGrades("2131000003", "2", {40, 38, 37, 36, 35, 34});
  const auto figures = Read(2025);
  ASSERT_EQ(figures.size(), 3u);
  EXPECT_EQ(figures[0].missed_since, std::nullopt) << "nor was it evaluated the year before";
  EXPECT_EQ(figures[1].missed_since, absl::CivilDay(2024, 9, 2));
  EXPECT_EQ(figures[2].missed_since, absl::CivilDay(1900, 1, 1));
}

TEST_F(FiguresTest, ASchoolThatClosedOnAnUnknownDayIsClosed) {
  v1::School school;
  school.set_name("districts/310114/schools/2131000001");
  school.set_kind("211");
  school.set_state(v1::School::STATE_CLOSED);
  Put(school);
  ASSERT_EQ(Read(2020).size(), 1u);
  EXPECT_TRUE(Read(2020)[0].closed);
}

}  // namespace
}  // namespace edudelta::planning::store
