// One month's patrols, as they are and as they were.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/timestamp.h"
#include "common/calendar/days.h"
#include "common/testing/matchers.h"
#include "edudelta/safety/v1/inspection_point.pb.h"
#include "edudelta/safety/v1/patrol.pb.h"
#include "edudelta/safety/v1/patrol_plan.pb.h"
#include "edudelta/safety/v1/safety.pb.h"
#include "safety/api/testing.h"

namespace edudelta::safety::api {
namespace {

using testing::HasReason;
using testing::IsOk;

class SummaryTest : public ::testing::Test {
 protected:
  std::string Point(const std::string& id) { return absl::StrCat(kSchool, "/inspectionPoints/", id); }
  void MakePoint(const std::string& id) {
    v1::CreateInspectionPointRequest request;
    request.set_parent(kSchool);
    request.set_inspection_point_id(id);
    request.mutable_inspection_point()->set_display_name(id);
    request.mutable_inspection_point()->set_area(v1::InspectionPoint::AREA_GATE);
    request.mutable_inspection_point()->set_monthly_patrols(2);
    v1::InspectionPoint made;
    ASSERT_THAT(node_.Call(TestNode::Officer(), "CreateInspectionPoint", request, &made), IsOk());
  }
  void Patrol(const std::string& point, v1::Patrol::Result result = v1::Patrol::RESULT_NORMAL) {
    v1::CreatePatrolRequest request;
    request.set_parent(kSchool);
    request.mutable_patrol()->set_point(Point(point));
    request.mutable_patrol()->set_result(result);
    SetTimestamp(calendar::StartOf(today_), request.mutable_patrol()->mutable_patrol_time());
    v1::Patrol made;
    ASSERT_THAT(node_.Call(TestNode::Officer(), "CreatePatrol", request, &made), IsOk());
  }
  // Everything that was written so far was written a minute earlier.
  void Age() {
    for (const char* table : {"inspection_point", "patrol", "patrol_plan"}) {
      ASSERT_THAT(node_.Execute(absl::StrCat("UPDATE ", table,
                                             " SET create_time = create_time - INTERVAL 60 SECOND, "
                                             "update_time = update_time - INTERVAL 60 SECOND")),
                  IsOk());
    }
  }
  absl::Status Summarize(absl::Duration ago, v1::SummarizePatrolsResponse* response) {
    v1::SummarizePatrolsRequest request;
    request.set_name(kDistrict);
    *request.mutable_month() = calendar::ToProto(absl::CivilDay(absl::CivilMonth(today_)));
    if (ago > absl::ZeroDuration()) SetTimestamp(node_.clock().Now() - ago, request.mutable_read_time());
    return node_.Call(TestNode::Officer(), "SummarizePatrols", request, response);
  }

  TestNode node_;
  const absl::CivilDay today_ = calendar::Today(node_.clock());
};

TEST_F(SummaryTest, IsRepeatedAsOfAnEarlierTime) {
  MakePoint("gate");
  MakePoint("kitchen");
  Patrol("gate");
  Patrol("gate", v1::Patrol::RESULT_ABNORMAL);
  v1::CreatePatrolPlanRequest plan;
  plan.set_parent(kDistrict);
  plan.set_patrol_plan_id("p");
  *plan.mutable_patrol_plan()->mutable_start_date() = calendar::ToProto(absl::CivilDay(2020, 1, 1));
  plan.mutable_patrol_plan()->set_required_points(2);
  plan.mutable_patrol_plan()->set_required_monthly_patrols(2);
  v1::PatrolPlan planned;
  ASSERT_THAT(node_.Call(TestNode::Officer(), "CreatePatrolPlan", plan, &planned), IsOk());
  Age();
  v1::SummarizePatrolsResponse first;
  ASSERT_THAT(Summarize(absl::ZeroDuration(), &first), IsOk());
  EXPECT_EQ(first.point_count(), 2);
  EXPECT_EQ(first.patrol_count(), 2);
  EXPECT_EQ(first.abnormal_count(), 1);
  EXPECT_EQ(first.satisfied_point_count(), 1);
  EXPECT_TRUE(first.plan_met());
  ASSERT_EQ(first.missed_points_size(), 1);
  EXPECT_EQ(first.missed_points(0).point(), Point("kitchen"));

  v1::UpdateInspectionPointRequest retire;
  retire.mutable_inspection_point()->set_name(Point("kitchen"));
  retire.mutable_inspection_point()->set_retired(true);
  retire.mutable_update_mask()->add_paths("retired");
  v1::InspectionPoint retired;
  ASSERT_THAT(node_.Call(TestNode::Officer(), "UpdateInspectionPoint", retire, &retired), IsOk());
  MakePoint("pool");
  Patrol("pool");
  v1::UpdatePatrolPlanRequest raise;
  raise.mutable_patrol_plan()->set_name(planned.name());
  raise.mutable_patrol_plan()->set_required_points(9);
  raise.mutable_update_mask()->add_paths("required_points");
  ASSERT_THAT(node_.Call(TestNode::Officer(), "UpdatePatrolPlan", raise, &planned), IsOk());

  v1::SummarizePatrolsResponse now;
  ASSERT_THAT(Summarize(absl::ZeroDuration(), &now), IsOk());
  EXPECT_EQ(now.point_count(), 2);
  EXPECT_EQ(now.patrol_count(), 3);
  EXPECT_EQ(now.required_points(), 9);
  v1::SummarizePatrolsResponse again;
  ASSERT_THAT(Summarize(absl::Seconds(30), &again), IsOk());
  EXPECT_EQ(again.SerializeAsString(), first.SerializeAsString()) << again.DebugString();
  EXPECT_THAT(Summarize(absl::Seconds(1), &again), HasReason("READ_TIME_TOO_RECENT"));
}

TEST_F(SummaryTest, LeavesOutWhatIsVoidAndPointsOfClosedSchools) {
  MakePoint("gate");
  Patrol("gate");
  Patrol("gate", v1::Patrol::RESULT_ABNORMAL);
  v1::ListPatrolsRequest list;
  list.set_parent(kSchool);
  list.set_filter("result = RESULT_ABNORMAL");
  v1::ListPatrolsResponse listed;
  ASSERT_THAT(node_.Call(TestNode::Officer(), "ListPatrols", list, &listed), IsOk());
  ASSERT_EQ(listed.patrols_size(), 1);
  v1::VoidPatrolRequest mistake;
  mistake.set_name(listed.patrols(0).name());
  mistake.set_note("设备测试");
  v1::Patrol patrol;
  ASSERT_THAT(node_.Call(TestNode::Officer("other"), "VoidPatrol", mistake, &patrol), IsOk());
  v1::SummarizePatrolsResponse summary;
  ASSERT_THAT(Summarize(absl::ZeroDuration(), &summary), IsOk());
  EXPECT_EQ(summary.patrol_count(), 1);
  EXPECT_EQ(summary.abnormal_count(), 0);
  EXPECT_EQ(summary.point_count(), 1);

  ASSERT_THAT(node_.Execute(
                  absl::StrCat("UPDATE ref_school SET state = 2, close_date = '", absl::FormatCivilTime(today_), "'")),
              IsOk());
  ASSERT_THAT(Summarize(absl::ZeroDuration(), &summary), IsOk());
  EXPECT_EQ(summary.point_count(), 0) << "of a school that was closed in the month";
  EXPECT_EQ(summary.patrol_count(), 1);
}

}  // namespace
}  // namespace edudelta::safety::api
