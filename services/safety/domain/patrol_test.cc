#include "safety/domain/patrol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "common/base/error.h"
#include "common/calendar/days.h"

namespace edudelta::safety::domain {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1763600000);
const absl::CivilMonth kMonth(2025, 11);

v1::Patrol Patrol(absl::Time time) {
  v1::Patrol patrol;
  patrol.set_name("districts/150104/schools/2115000001/patrols/dev7-0001");
  patrol.set_point("districts/150104/schools/2115000001/inspectionPoints/p1");
  patrol.mutable_patrol_time()->set_seconds(absl::ToUnixSeconds(time));
  return patrol;
}

TEST(CheckPatrol, TheDevicesClockMayBeALittleAhead) {
  EXPECT_TRUE(Check(Patrol(kNow + absl::Minutes(10)), kNow).ok());
  EXPECT_EQ(ReasonOf(Check(Patrol(kNow + absl::Seconds(601)), kNow)), "PATROL_IN_FUTURE");
}

TEST(CheckPatrol, TheDeviceMayHaveBeenOfflineForAWhile) {
  EXPECT_TRUE(Check(Patrol(kNow - absl::Hours(90 * 24)), kNow).ok());
  const absl::Time older = kNow - absl::Hours(90 * 24) - absl::Seconds(1);
  EXPECT_EQ(ReasonOf(Check(Patrol(older), kNow)), "PATROL_TOO_OLD");
  EXPECT_TRUE(Check(Patrol(older), kNow, {.oldest = absl::Hours(91 * 24)}).ok());
}

TEST(CheckPatrol, ThePointIsOfTheSchool) {
  v1::Patrol patrol = Patrol(kNow);
  patrol.set_point("districts/150104/schools/2115000002/inspectionPoints/p1");
  EXPECT_EQ(ReasonOf(Check(patrol, kNow)), "POINT_OF_OTHER_SCHOOL");
}

TEST(MonthOf, IsAFirstDayThatHasCome) {
  const absl::CivilDay today(2025, 11, 1);
  v1::SummarizePatrolsRequest request;
  EXPECT_EQ(ReasonOf(MonthOf(request, today).status()), "MONTH_REQUIRED");
  *request.mutable_month() = calendar::ToProto(absl::CivilDay(2025, 10, 2));
  EXPECT_EQ(ReasonOf(MonthOf(request, today).status()), "MONTH_NOT_FIRST_DAY");
  *request.mutable_month() = calendar::ToProto(absl::CivilDay(2025, 12, 1));
  EXPECT_EQ(ReasonOf(MonthOf(request, today).status()), "MONTH_IN_FUTURE");
  *request.mutable_month() = calendar::ToProto(today);
  EXPECT_EQ(*MonthOf(request, today), kMonth);
}

v1::PatrolPlan Plan(absl::CivilDay start, int points, int patrols) {
  v1::PatrolPlan plan;
  *plan.mutable_start_date() = calendar::ToProto(start);
  plan.set_required_points(points);
  plan.set_required_monthly_patrols(patrols);
  return plan;
}

TEST(ChoosePlan, TheLatestThatHasStarted) {
  const std::vector<v1::PatrolPlan> plans = {Plan(absl::CivilDay(2021, 1, 1), 1, 1),
                                             Plan(absl::CivilDay(2025, 11, 1), 2, 2),
                                             Plan(absl::CivilDay(2025, 11, 2), 3, 3)};
  EXPECT_EQ(ChoosePlan(plans, kMonth), &plans[1]);
  EXPECT_EQ(ChoosePlan(plans, kMonth - 1), &plans[0]);
  EXPECT_EQ(ChoosePlan(plans, absl::CivilMonth(2020, 12)), nullptr);
}

TEST(SummarizePatrols, CountsPointsInUseAndAllPatrols) {
  const v1::PatrolPlan plan = Plan(absl::CivilDay(2021, 1, 1), 3, 9);
  const auto response = SummarizePatrols(
      kMonth, {{"c", "南门", 2, 1, 1}, {"a", "北门", 4, 4, 0}, {"b", "食堂", 1, 0, 0}, {"d", "旧楼", 4, 4, 1, true}},
      &plan);
  EXPECT_EQ(response.point_count(), 3);
  EXPECT_EQ(response.patrol_count(), 9);
  EXPECT_EQ(response.abnormal_count(), 2);
  EXPECT_EQ(response.visited_point_count(), 2);
  EXPECT_EQ(response.satisfied_point_count(), 1);
  EXPECT_DOUBLE_EQ(response.coverage(), 2.0 / 3.0);
  EXPECT_TRUE(response.plan_met());
  ASSERT_EQ(response.missed_points_size(), 2);
  EXPECT_EQ(response.missed_points(0).point(), "b");
  EXPECT_EQ(response.missed_points(1).display_name(), "南门");
  EXPECT_EQ(response.missed_points(1).required(), 2);
  EXPECT_EQ(response.missed_points(1).done(), 1);
}

TEST(SummarizePatrols, ThePlanNeedsPointsAndPatrols) {
  const std::vector<PointTally> points = {{"a", "", 1, 5, 0}};
  for (const auto& [required_points, required_patrols, met] :
       std::vector<std::tuple<int, int, bool>>{{1, 5, true}, {2, 5, false}, {1, 6, false}}) {
    const v1::PatrolPlan plan = Plan(absl::CivilDay(2021, 1, 1), required_points, required_patrols);
    EXPECT_EQ(SummarizePatrols(kMonth, points, &plan).plan_met(), met) << required_points << " " << required_patrols;
  }
}

TEST(SummarizePatrols, WithoutPointsOrPlanNothingIsClaimed) {
  const auto response = SummarizePatrols(kMonth, {}, nullptr);
  EXPECT_FALSE(response.has_coverage());
  EXPECT_FALSE(response.has_required_points());
  EXPECT_FALSE(response.plan_met());
}

TEST(SummarizePatrols, ShowsTheFirstThousandMissedPoints) {
  std::vector<PointTally> points;
  for (int i = 2000; i > 0; --i) points.push_back({absl::StrFormat("p%04d", i), "", 1, 0, 0});
  const auto response = SummarizePatrols(kMonth, points, nullptr);
  EXPECT_EQ(response.point_count(), 2000);
  ASSERT_EQ(response.missed_points_size(), 1000);
  EXPECT_EQ(response.missed_points(0).point(), "p0001");
}

}  // namespace
}  // namespace edudelta::safety::domain
