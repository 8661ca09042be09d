#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "edudelta/safety/v1/patrol.pb.h"
#include "edudelta/safety/v1/patrol_plan.pb.h"

// Patrols and the monthly report over them. Pure.
namespace edudelta::safety::domain {

struct PatrolLimits {
  // How far a device's clock may be ahead of ours.
  absl::Duration clock_ahead = absl::Minutes(10);
  // How long a device may have been offline.
  absl::Duration oldest = absl::Hours(24 * 90);
};

// INVALID_ARGUMENT: PATROL_IN_FUTURE, PATROL_TOO_OLD (patrol_time), POINT_OF_OTHER_SCHOOL (point).
absl::Status Check(const v1::Patrol& next, absl::Time now, const PatrolLimits& limits = {});

// The month that is asked for: its first day, which has come. INVALID_ARGUMENT: MONTH_REQUIRED, MONTH_NOT_FIRST_DAY,
// MONTH_IN_FUTURE (month).
absl::StatusOr<absl::CivilMonth> MonthOf(const v1::SummarizePatrolsRequest& request, absl::CivilDay today);

// The plan in force on the first day of the month: of those that have started, the latest. Null without one.
const v1::PatrolPlan* ChoosePlan(const std::vector<v1::PatrolPlan>& plans, absl::CivilMonth month);

// One point and its patrols in the month. A retired point counts with its patrols, but is neither a point in use nor
// missed.
struct PointTally {
  std::string point;
  std::string display_name;
  int required = 0;
  int done = 0;
  int abnormal = 0;
  bool retired = false;
};

// `plan` may be null; the plan is met when points in use and patrols both reach it. Missed points are in order of name,
// at most 1,000.
v1::SummarizePatrolsResponse SummarizePatrols(absl::CivilMonth month, std::vector<PointTally> points,
                                              const v1::PatrolPlan* plan);

}  // namespace edudelta::safety::domain
