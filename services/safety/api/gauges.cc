#include "safety/api/gauges.h"

#include "absl/strings/str_cat.h"
#include "edudelta/safety/v1/hazard.pb.h"
#include "edudelta/safety/v1/patrol.pb.h"
#include "edudelta/safety/v1/types.pb.h"

namespace edudelta::safety::api {
namespace {

service::RegionGauge GaugeOfHazards(const char* name, const char* help, const std::string& counted) {
  const std::string open =
      absl::StrCat("`state` NOT IN (", static_cast<int>(v1::Hazard::STATE_CLOSED), ", ",
                   static_cast<int>(v1::Hazard::STATE_ARCHIVED), ", ", static_cast<int>(v1::Hazard::STATE_VOID), ")");
  return {.name = name,
          .help = help,
          // Of all there are, so that none is a number too.
          .sql = absl::StrCat("SELECT `district_id`, `grade`, CAST(SUM(", open, counted,
                              ") AS SIGNED) FROM `hazard` GROUP BY `district_id`, `grade`"),
          .label = "grade",
          .split_by = v1::HazardGrade_descriptor()};
}

service::RegionGauge GaugeOfPointsMissed() {
  const std::string this_month = absl::StrCat("CAST(DATE_FORMAT(", service::kLocalNow, ", '%Y-%m-01') AS DATETIME)");
  const std::string end = absl::StrCat(this_month, " - INTERVAL 8 HOUR");
  const std::string name = "CONCAT('districts/', i.`district_id`, '/schools/', i.`school_id`";
  return {.name = "edudelta_region_patrol_points_missed",
          .help = "Points in use with fewer patrols in the last whole month than they should have.",
          .sql = absl::StrCat(
              "SELECT i.`district_id`, CAST(SUM(COALESCE(p.`done`, 0) < i.`monthly_patrols`) AS SIGNED) "
              "FROM `inspection_point` i LEFT JOIN `ref_school` s ON s.`name` = ",
              name, ") LEFT JOIN (SELECT `district_id`, `point`, COUNT(*) AS `done` FROM `patrol` WHERE `state` = ",
              static_cast<int>(v1::Patrol::STATE_RECORDED), " AND `patrol_time` >= ", this_month,
              " - INTERVAL 1 MONTH - INTERVAL 8 HOUR AND `patrol_time` < ", end,
              " GROUP BY `district_id`, `point`) p ON p.`district_id` = i.`district_id` AND p.`point` = ", name,
              ", '/inspectionPoints/', i.`inspection_point_id`) WHERE NOT i.`retired` AND i.`create_time` < ", end,
              " AND NOT COALESCE(s.`close_date` < ", this_month, ", FALSE) GROUP BY i.`district_id`"),
          // A month that is over changes seldom, and has many patrols.
          .every = absl::Hours(1)};
}

}  // namespace

std::vector<service::RegionGauge> Gauges() {
  return {GaugeOfHazards("edudelta_region_hazards_open", "Hazards that are not closed, by grade.", ""),
          GaugeOfHazards("edudelta_region_hazards_overdue", "Hazards that are not closed after their term, by grade.",
                         absl::StrCat(" AND COALESCE(`due_date` < DATE(", service::kLocalNow, "), FALSE)")),
          GaugeOfPointsMissed()};
}

}  // namespace edudelta::safety::api
