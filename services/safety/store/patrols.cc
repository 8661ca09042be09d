#include "safety/store/patrols.h"

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/calendar/days.h"
#include "common/db/sql_time.h"
#include "common/resource/row.h"

namespace edudelta::safety::store {

absl::StatusOr<std::vector<domain::PointTally>> TallyPoints(db::Session& session, const std::string& district,
                                                            absl::CivilMonth month) {
  const std::string from = db::SqlTime(calendar::StartOf(absl::CivilDay(month)));
  const std::string to = db::SqlTime(calendar::StartOf(absl::CivilDay(month + 1)));
  ASSIGN_OR_RETURN(
      db::Rows rows,
      session.Query(absl::StrCat(
                        "SELECT i.`school_id`, i.`inspection_point_id`, i.`display_name`, i.`monthly_patrols`, i.`retired`, "
                        "COALESCE(p.`done`, 0), COALESCE(p.`abnormal`, 0) FROM `inspection_point` i LEFT JOIN (SELECT `point`, "
                        "COUNT(*) AS `done`, SUM(`result` = ",
                        static_cast<int>(v1::Patrol::RESULT_ABNORMAL),
                        ") AS `abnormal` FROM `patrol` WHERE `district_id` = ? AND `patrol_time` >= ? AND `patrol_time` < ? "
                        "GROUP BY `point`) p ON p.`point` = CONCAT('districts/', i.`district_id`, '/schools/', i.`school_id`, "
                        "'/inspectionPoints/', i.`inspection_point_id`) WHERE i.`district_id` = ? ORDER BY i.`school_id`, "
                        "i.`inspection_point_id`"),
                    {district, from, to, district}));
  std::vector<domain::PointTally> points;
  while (rows.Next()) {
    domain::PointTally point;
    point.point = absl::StrCat("districts/", district, "/schools/", rows.Text(0), "/inspectionPoints/", rows.Text(1));
    point.display_name = rows.Text(2);
    point.required = static_cast<int>(rows.Int(3));
    point.retired = rows.Int(4) != 0;
    point.done = static_cast<int>(rows.Int(5));
    point.abnormal = static_cast<int>(rows.Int(6));
    points.push_back(std::move(point));
  }
  return points;
}

absl::StatusOr<std::vector<v1::PatrolPlan>> ReadPlans(db::Session& session, const resource::Store& plans,
                                                      const std::string& district) {
  resource::Store::Read read;
  read.where.And("`district_id` = ?", {district});
  ASSIGN_OR_RETURN(std::vector<resource::Row> rows, plans.Page(session, read, {}, 1000));
  std::vector<v1::PatrolPlan> result;
  for (const resource::Row& row : rows) result.push_back(static_cast<const v1::PatrolPlan&>(*row.message));
  return result;
}

}  // namespace edudelta::safety::store
