#include "planning/store/figures.h"

#include "common/resource/test_engine.h"

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
    ASSERT_THAT(service_.pool->Transact(Soon(),
                                        [&](db::Tx& tx) {
                                          return engine.store().Insert(tx, "2026-01-01 00:00:00.000000", {&row});
                                        }),
                IsOk());
  }

  void PutSchool(const std::string& id, const std::string& kind) {
    v1::School school;
    school.set_name("districts/310114/schools/" + id);
    school.set_display_name(id);
    school.set_kind(kind);
    school.set_state(v1::School::STATE_OPEN);
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

  std::vector<domain::SchoolFigures> Read() {
    std::vector<domain::SchoolFigures> figures;
    EXPECT_THAT(service_.pool->Read(Soon(),
                                    [&](db::Session& session) -> absl::Status {
                                      ASSIGN_OR_RETURN(figures,
                                                       ReadSchools(session, service_.engine("planning.School").store(),
                                                                   service_.engine("planning.GradeEnrollment").table(),
                                                                   "310114", 2025, ""));
                                      return absl::OkStatus();
                                    }),
                IsOk());
    return figures;
  }

  TestService service_{{v1::School::descriptor(), v1::GradeEnrollment::descriptor()}};
};

TEST_F(FiguresTest, SumsGradesByStage) {
  PutSchool("3131000001", "312");
  PutGrade("3131000001", "2", 1, 40);
  PutGrade("3131000001", "2", 2, 38);
  PutGrade("3131000001", "3", 1, 50);
  const auto figures = Read();
  ASSERT_EQ(figures.size(), 1u);
  EXPECT_EQ(figures[0].primary_pupils, 78);
  EXPECT_EQ(figures[0].junior_pupils, 50);
}

TEST_F(FiguresTest, AStageThatNobodyReportedIsMissingNotZero) {
  PutSchool("3131000001", "312");
  PutSchool("3131000002", "312");
  PutGrade("3131000001", "2", 1, 40);
  PutGrade("3131000002", "2", 1, 40);
  PutGrade("3131000002", "3", 1, 0);
  const auto figures = Read();
  ASSERT_EQ(figures.size(), 2u);
  EXPECT_EQ(figures[0].junior_pupils, std::nullopt);
  EXPECT_EQ(figures[1].junior_pupils, 0);
}

}  // namespace
}  // namespace edudelta::planning::store
