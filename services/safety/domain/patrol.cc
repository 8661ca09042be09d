#include "safety/domain/patrol.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/timestamp.h"
#include "common/calendar/days.h"
#include "safety/domain/names.h"

namespace edudelta::safety::domain {
namespace {

constexpr int kMissedPointsShown = 1000;

}  // namespace

absl::Status Check(const v1::Patrol& next, absl::Time now, const PatrolLimits& limits) {
  const absl::Time patrolled = TimeOf(next.patrol_time());
  if (patrolled > now + limits.clock_ahead) {
    return Invalid("patrol_time", "PATROL_IN_FUTURE", "巡查时间晚于当前时间，请检查设备时钟");
  }
  if (patrolled < now - limits.oldest) {
    const int64_t days = limits.oldest / absl::Hours(24);
    return Invalid("patrol_time", "PATROL_TOO_OLD", absl::StrCat("巡查时间早于", days, "天前，不再受理"));
  }
  if (SchoolOf(next.point()) != SchoolOf(next.name())) {
    return Invalid("point", "POINT_OF_OTHER_SCHOOL", "点位不属于这所学校");
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::CivilMonth> MonthOf(const v1::SummarizePatrolsRequest& request, absl::CivilDay today) {
  const std::optional<absl::CivilDay> day = calendar::FromProto(request.month());
  if (!day) return Invalid("month", "MONTH_REQUIRED", "请填写月份，即当月第一天");
  if (day->day() != 1) return Invalid("month", "MONTH_NOT_FIRST_DAY", "月份须写作当月第一天");
  if (*day > today) return Invalid("month", "MONTH_IN_FUTURE", "该月尚未开始");
  return absl::CivilMonth(*day);
}

const v1::PatrolPlan* ChoosePlan(const std::vector<v1::PatrolPlan>& plans, absl::CivilMonth month) {
  const v1::PatrolPlan* best = nullptr;
  std::optional<absl::CivilDay> best_start;
  for (const v1::PatrolPlan& plan : plans) {
    const std::optional<absl::CivilDay> start = calendar::FromProto(plan.start_date());
    if (!start || *start > absl::CivilDay(month)) continue;
    if (best != nullptr && *start <= *best_start) continue;
    best = &plan;
    best_start = start;
  }
  return best;
}

v1::SummarizePatrolsResponse SummarizePatrols(absl::CivilMonth month, std::vector<PointTally> points,
                                              const v1::PatrolPlan* plan) {
  std::sort(points.begin(), points.end(), [](const PointTally& a, const PointTally& b) { return a.point < b.point; });
  v1::SummarizePatrolsResponse response;
  *response.mutable_month() = calendar::ToProto(absl::CivilDay(month));
  int in_use = 0;
  int visited = 0;
  int satisfied = 0;
  int patrols = 0;
  int abnormal = 0;
  for (const PointTally& point : points) {
    patrols += point.done;
    abnormal += point.abnormal;
    if (point.retired) continue;
    ++in_use;
    if (point.done > 0) ++visited;
    if (point.done >= point.required) {
      ++satisfied;
    } else if (response.missed_points_size() < kMissedPointsShown) {
      v1::MissedPoint& missed = *response.add_missed_points();
      missed.set_point(point.point);
      missed.set_display_name(point.display_name);
      missed.set_required(point.required);
      missed.set_done(point.done);
    }
  }
  response.set_point_count(in_use);
  response.set_patrol_count(patrols);
  response.set_abnormal_count(abnormal);
  response.set_visited_point_count(visited);
  response.set_satisfied_point_count(satisfied);
  if (in_use > 0) response.set_coverage(static_cast<double>(visited) / in_use);
  if (plan != nullptr) {
    response.set_required_points(plan->required_points());
    response.set_required_monthly_patrols(plan->required_monthly_patrols());
    response.set_plan_met(in_use >= plan->required_points() && patrols >= plan->required_monthly_patrols());
  }
  return response;
}

}  // namespace edudelta::safety::domain
