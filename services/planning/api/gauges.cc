#include "planning/api/gauges.h"

#include "absl/strings/str_cat.h"
#include "edudelta/planning/v1/plan_target.pb.h"
#include "edudelta/planning/v1/school.pb.h"
#include "edudelta/planning/v1/work_plan.pb.h"

namespace edudelta::planning::api {
namespace {

service::RegionGauge GaugeOfSchools() {
  return {.name = "edudelta_region_schools",
          .help = "Schools of a register, by state.",
          .sql = "SELECT `district_id`, `state`, COUNT(*) FROM `school` GROUP BY `district_id`, `state`",
          .label = "state",
          .split_by = v1::School::State_descriptor()};
}

service::RegionGauge GaugeOfSchoolsReported() {
  return {
      .name = "edudelta_region_schools_reported",
      .help = "Open schools that have reported pupils of the present school year.",
      // It begins with September.
      .sql = absl::StrCat("SELECT s.`district_id`, CAST(SUM(EXISTS (SELECT 1 FROM `grade_enrollment` e WHERE "
                          "e.`district_id` = s.`district_id` AND e.`school_id` = s.`school_id` AND "
                          "e.`school_year` = YEAR(",
                          service::kLocalNow, " - INTERVAL 8 MONTH))) AS SIGNED) FROM `school` s WHERE s.`state` = ",
                          static_cast<int>(v1::School::STATE_OPEN), " GROUP BY s.`district_id`")};
}

// domain/targets.h in SQL.
service::RegionGauge GaugeOfTargets() {
  const auto state = [](v1::TargetEvaluation::State value) { return static_cast<int>(value); };
  return {
      .name = "edudelta_region_targets",
      .help = "Targets of plans, by what their latest measurements say today.",
      .sql = absl::StrCat(
          "SELECT t.`district_id`, CASE WHEN t.`value` IS NULL OR t.`operator` = 0 THEN ",
          state(v1::TargetEvaluation::STATE_NOT_MEASURABLE),
          " WHEN m.`value` IS NULL THEN IF(t.`role` = ", static_cast<int>(v1::PlanTarget::TARGET_ROLE_THRESHOLD), ", ",
          state(v1::TargetEvaluation::STATE_NOT_MEASURABLE), ", ", state(v1::TargetEvaluation::STATE_PENDING),
          ") WHEN CASE t.`operator` WHEN ", static_cast<int>(v1::PlanTarget::OPERATOR_AT_LEAST),
          " THEN m.`value` >= t.`value` WHEN ", static_cast<int>(v1::PlanTarget::OPERATOR_AT_MOST),
          " THEN m.`value` <= t.`value` ELSE m.`value` = t.`value` END THEN ", state(v1::TargetEvaluation::STATE_MET),
          " WHEN DATE(", service::kLocalNow, ") <= COALESCE(t.`due_date`, p.`end_date`) THEN ",
          state(v1::TargetEvaluation::STATE_PENDING), " ELSE ", state(v1::TargetEvaluation::STATE_MISSED),
          " END AS `judged`, COUNT(*) FROM `plan_target` t JOIN `work_plan` p ON p.`district_id` = t.`district_id` "
          "AND p.`work_plan_id` = t.`work_plan_id` LEFT JOIN (SELECT `district_id`, `target`, `value`, "
          "ROW_NUMBER() OVER (PARTITION BY `district_id`, `target` ORDER BY `measure_date` DESC, "
          "`measurement_id` DESC) AS `place` FROM `measurement` WHERE `measure_date` <= DATE(",
          service::kLocalNow,
          ")) m ON m.`place` = 1 AND m.`district_id` = t.`district_id` AND m.`target` = CONCAT('districts/', "
          "t.`district_id`, '/workPlans/', t.`work_plan_id`, '/targets/', t.`target_id`) "
          "GROUP BY t.`district_id`, `judged`"),
      .label = "state",
      .split_by = v1::TargetEvaluation::State_descriptor()};
}

}  // namespace

std::vector<service::RegionGauge> Gauges() { return {GaugeOfSchools(), GaugeOfSchoolsReported(), GaugeOfTargets()}; }

}  // namespace edudelta::planning::api
