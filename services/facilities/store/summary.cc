#include "facilities/store/summary.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/resource/store.h"
#include "edudelta/facilities/v1/sports_ground.pb.h"

namespace edudelta::facilities::store {
namespace {

using Schools = std::map<std::string, v1::SchoolFacilities>;

absl::StatusOr<db::Rows> PerSchool(db::Session& session, const resource::Table& table, std::vector<std::string> columns,
                                   const std::string& sums, const std::string& district, const std::string& read_time) {
  columns.push_back("school_id");
  const resource::Source source = resource::SourceAsOf(table, columns, district, read_time);
  return session.Query(absl::StrCat("SELECT `school_id`, ", sums, " FROM ", source.sql, " t GROUP BY `school_id`"),
                       source.values);
}

// Room use: group 1 is 教学及辅助用房, of which 141 is 体育馆. Only the others can be 网络多媒体教室.
constexpr char kTeachingRoom[] = "`use` LIKE '1%' AND `use` <> '141'";

absl::Status AddRooms(db::Session& session, const Tables& tables, const std::string& district,
                      const std::string& read_time, Schools* schools) {
  ASSIGN_OR_RETURN(db::Rows rows, PerSchool(session, tables.rooms, {"use", "area", "network_multimedia"},
                                            absl::StrCat("SUM(IF(", kTeachingRoom,
                                                         ", `area`, NULL)), SUM(IF(`use` = '141', `area`, 0)), ",
                                                         "SUM(IF(", kTeachingRoom, ", `network_multimedia`, NULL))"),
                                            district, read_time));
  while (rows.Next()) {
    v1::SchoolFacilities& school = (*schools)[rows.Text(0)];
    if (!rows.IsNull(1)) school.set_teaching_area(rows.Text(1));
    school.set_indoor_sports_area(rows.Text(2));
    if (!rows.IsNull(3)) school.set_multimedia_room_count(static_cast<int>(rows.Int(3)));
  }
  return absl::OkStatus();
}

absl::Status AddGrounds(db::Session& session, const Tables& tables, const std::string& district,
                        const std::string& read_time, Schools* schools) {
  const int outdoor = v1::SportsGround::KIND_OUTDOOR;
  ASSIGN_OR_RETURN(db::Rows rows,
                   PerSchool(session, tables.sports_grounds, {"kind", "area"},
                             absl::StrCat("SUM(IF(`kind` = ", outdoor, ", `area`, NULL)), SUM(IF(`kind` = ", outdoor,
                                          ", 0, `area`))"),
                             district, read_time));
  while (rows.Next()) {
    v1::SchoolFacilities& school = (*schools)[rows.Text(0)];
    if (!rows.IsNull(1)) school.set_outdoor_sports_area(rows.Text(1));
    school.set_extra_sports_area(rows.Text(2));
  }
  return absl::OkStatus();
}

absl::Status AddEquipment(db::Session& session, const Tables& tables, const std::string& district,
                          const std::string& read_time, Schools* schools) {
  ASSIGN_OR_RETURN(db::Rows rows, PerSchool(session, tables.equipment_holdings, {"original_value"},
                                            "SUM(`original_value`)", district, read_time));
  while (rows.Next()) (*schools)[rows.Text(0)].set_equipment_value(rows.Text(1));
  return absl::OkStatus();
}

}  // namespace

absl::Status SummarizeFacilities(db::Session& session, const Tables& tables, const std::string& district,
                                 const std::string& read_time, const absl::flat_hash_set<std::string>& closed,
                                 v1::SummarizeFacilitiesResponse* response) {
  Schools schools;
  RETURN_IF_ERROR(AddRooms(session, tables, district, read_time, &schools));
  RETURN_IF_ERROR(AddGrounds(session, tables, district, read_time, &schools));
  RETURN_IF_ERROR(AddEquipment(session, tables, district, read_time, &schools));
  for (auto& [id, school] : schools) {
    school.set_school(absl::StrCat("districts/", district, "/schools/", id));
    if (closed.contains(school.school())) continue;
    *response->add_schools() = std::move(school);
  }
  return absl::OkStatus();
}

}  // namespace edudelta::facilities::store
