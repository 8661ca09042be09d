#pragma once

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "edudelta/planning/v1/measurement.pb.h"
#include "edudelta/planning/v1/plan_target.pb.h"
#include "edudelta/planning/v1/work_plan.pb.h"

namespace edudelta::planning::domain {

// The state of one target on the day `as_of`. `latest` is its latest measurement not after `as_of`, null when there is
// none; one measured after `as_of` counts as none. The due day is the target's own, else `plan_end`, and belongs to the
// time there is. Values are compared exactly, in the target's unit. In this order:
//
//   no number (words only), or no operator       NOT_MEASURABLE
//   a threshold that nobody measured             NOT_MEASURABLE: it says who qualifies and sets no goal; one that is
//                                                measured is judged like a goal
//   measured and satisfied                       MET, whatever the day: the target holds by the latest number
//   measured, not satisfied, as_of <= due        PENDING
//   measured, not satisfied, as_of > due         MISSED, for a stretch (力争) too; the explanation says what it was
//   not measured                                 PENDING, also when overdue: missing data is no failure; the
//                                                explanation says 逾期未报
//
// INVALID_ARGUMENT when a value is no decimal of at most four places.
absl::StatusOr<v1::TargetEvaluation> EvaluateTarget(const v1::PlanTarget& target, const v1::Measurement* latest,
                                                    absl::CivilDay plan_end, absl::CivilDay as_of);

}  // namespace edudelta::planning::domain
