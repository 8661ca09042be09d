#include "safety/store/patrols.h"

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/calendar/days.h"
#include "common/db/sql_time.h"
#include "common/resource/row.h"
#include "edudelta/safety/v1/patrol.pb.h"

namespace edudelta::safety::store {

absl::StatusOr<std::vector<domain::PointTally>> TallyPoints(db::Session& session, const resource::Table& points,
                                                            const resource::Table& patrols, const std::string& district,
                                                            absl::CivilMonth month, const std::string& read_time,
                                                            const absl::flat_hash_set<std::string>& closed) {
  const resource::Source registered = resource::SourceAsOf(
      points, {"school_id", "inspection_point_id", "display_name", "monthly_patrols", "retired"}, district, read_time);
  const resource::Source made =
      resource::SourceAsOf(patrols, {"point", "patrol_time", "result", "state"}, district, read_time);
  std::vector<db::Value> values = registered.values;
  values.insert(values.end(), made.values.begin(), made.values.end());
  values.insert(values.end(), {db::SqlTime(calendar::StartOf(absl::CivilDay(month))),
                               db::SqlTime(calendar::StartOf(absl::CivilDay(month + 1))), district});
  ASSIGN_OR_RETURN(
      db::Rows rows,
      session.Query(
          absl::StrCat("SELECT i.`school_id`, i.`inspection_point_id`, i.`display_name`, i.`monthly_patrols`, "
                       "i.`retired`, COALESCE(p.`done`, 0), COALESCE(p.`abnormal`, 0) FROM ",
                       registered.sql, " i LEFT JOIN (SELECT `point`, COUNT(*) AS `done`, SUM(`result` = ",
                       static_cast<int>(v1::Patrol::RESULT_ABNORMAL), ") AS `abnormal` FROM ", made.sql,
                       " m WHERE `state` = ", static_cast<int>(v1::Patrol::STATE_RECORDED),
                       " AND `patrol_time` >= ? AND `patrol_time` < ? GROUP BY `point`) p ON p.`point` = "
                       "CONCAT('districts/', ?, '/schools/', i.`school_id`, '/inspectionPoints/', "
                       "i.`inspection_point_id`) ORDER BY i.`school_id`, i.`inspection_point_id`"),
          values));
  std::vector<domain::PointTally> tallies;
  while (rows.Next()) {
    domain::PointTally point;
    const std::string school = absl::StrCat("districts/", district, "/schools/", rows.Text(0));
    point.point = absl::StrCat(school, "/inspectionPoints/", rows.Text(1));
    point.display_name = rows.Text(2);
    point.required = static_cast<int>(rows.Int(3));
    point.retired = rows.Int(4) != 0 || closed.contains(school);
    point.done = static_cast<int>(rows.Int(5));
    point.abnormal = static_cast<int>(rows.Int(6));
    tallies.push_back(std::move(point));
  }
  return tallies;
}

absl::StatusOr<std::vector<v1::PatrolPlan>> ReadPlans(db::Session& session, const resource::Store& plans,
                                                      const std::string& district, const std::string& read_time) {
  resource::Store::Read read;
  read.read_time = read_time;
  read.where.And("`district_id` = ?", {district});
  ASSIGN_OR_RETURN(std::vector<resource::Row> rows, plans.Page(session, read, {}, 1000));
  std::vector<v1::PatrolPlan> result;
  for (const resource::Row& row : rows) result.push_back(static_cast<const v1::PatrolPlan&>(*row.message));
  return result;
}

}  // namespace edudelta::safety::store
