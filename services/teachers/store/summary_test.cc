#include "teachers/store/summary.h"

#include "common/resource/test_engine.h"
#include "edudelta/teachers/v1/teacher.pb.h"

namespace edudelta::teachers::store {
namespace {

using resource::Soon;
using resource::TestService;
using testing::IsOk;

class SummaryTest : public ::testing::Test {
 protected:
  // A full-time primary teacher in post with a bachelor's degree; `change` makes the case.
  void Put(
      const std::string& id, const std::function<void(v1::Teacher&)>& change = [](v1::Teacher&) {}) {
    v1::Teacher teacher;
    teacher.set_name("districts/310114/teachers/" + id);
    teacher.set_school("districts/310114/schools/s1");
    teacher.set_staff_kind("11");
    teacher.set_post_state("11");
    teacher.set_education("21");
    teacher.set_stage("2");
    teacher.set_subject("13");
    teacher.set_state(v1::Teacher::STATE_ACTIVE);
    change(teacher);
    service_.Insert({&teacher});
  }

  v1::SummarizeStaffResponse Summarize() {
    v1::SummarizeStaffResponse response;
    EXPECT_THAT(service_.pool->Read(Soon(),
                                    [&](db::Session& session) {
                                      return SummarizeStaff(session, teachers_.table(), service_.codes, "310114", "",
                                                            closed_, &response);
                                    }),
                IsOk());
    return response;
  }

  absl::flat_hash_set<std::string> closed_;
  TestService service_{{v1::Teacher::descriptor()}};
  resource::Engine& teachers_ = service_.engine("teachers.Teacher");
};

TEST_F(SummaryTest, CountsByTheIndicatorsDefinitions) {
  Put("plain");
  Put("college", [](v1::Teacher& teacher) { teacher.set_education("31"); });
  Put("unfinished", [](v1::Teacher& teacher) { teacher.set_education("23"); });
  Put("backbone", [](v1::Teacher& teacher) { teacher.set_backbone_level("4"); });
  Put("music", [](v1::Teacher& teacher) { teacher.set_subject("24"); });
  Put("borrowed", [](v1::Teacher& teacher) {
    teacher.set_subject("22");
    teacher.set_shared(true);
  });
  const auto response = Summarize();
  ASSERT_EQ(response.schools_size(), 1);
  const auto& school = response.schools(0);
  EXPECT_EQ(school.teacher_count(), 5);
  EXPECT_EQ(school.above_primary_count(), 4);
  EXPECT_EQ(school.above_junior_count(), 3);
  EXPECT_EQ(school.backbone_count(), 1);
  EXPECT_EQ(school.sports_art_count(), 1);
  EXPECT_EQ(school.shared_sports_art_count(), 1);
}

TEST_F(SummaryTest, LeavesOutWhoIsNotTeachingNow) {
  Put("clerk", [](v1::Teacher& teacher) { teacher.set_staff_kind("13"); });
  Put("retired", [](v1::Teacher& teacher) { teacher.set_post_state("01"); });
  for (const auto state : {v1::Teacher::STATE_LEFT, v1::Teacher::STATE_VOID, v1::Teacher::STATE_MERGED}) {
    Put(v1::Teacher::State_Name(state), [state](v1::Teacher& teacher) { teacher.set_state(state); });
  }
  EXPECT_EQ(Summarize().schools_size(), 0);
}

TEST_F(SummaryTest, LeavesOutClosedSchools) {
  Put("here");
  Put("there", [](v1::Teacher& teacher) { teacher.set_school("districts/310114/schools/s2"); });
  closed_ = {"districts/310114/schools/s1"};
  const auto response = Summarize();
  ASSERT_EQ(response.schools_size(), 1);
  EXPECT_EQ(response.schools(0).school(), "districts/310114/schools/s2");
}

TEST_F(SummaryTest, KeepsStagesApartAndUnknownOnesToo) {
  Put("primary");
  Put("junior", [](v1::Teacher& teacher) { teacher.set_stage("3"); });
  Put("unknown", [](v1::Teacher& teacher) { teacher.clear_stage(); });
  const auto response = Summarize();
  ASSERT_EQ(response.schools_size(), 3);
  EXPECT_EQ(response.schools(0).stage(), "");
  EXPECT_EQ(response.schools(1).stage(), "2");
  EXPECT_EQ(response.schools(2).stage(), "3");
}

}  // namespace
}  // namespace edudelta::teachers::store
