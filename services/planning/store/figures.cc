#include "planning/store/figures.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace edudelta::planning::store {
namespace {

// By school id, then by 任课学段 code.
using Pupils = std::map<std::string, std::map<std::string, int64_t>>;

absl::StatusOr<Pupils> ReadPupils(db::Session& session, const resource::Table& enrollments, const std::string& district,
                                  int school_year, const std::string& read_time) {
  const resource::Source source =
      resource::SourceAsOf(enrollments, {"school_id", "school_year", "stage", "pupil_count"}, district, read_time);
  std::vector<db::Value> values = source.values;
  values.push_back(int64_t{school_year});
  ASSIGN_OR_RETURN(db::Rows rows,
                   session.Query(absl::StrCat("SELECT `school_id`, `stage`, SUM(`pupil_count`) FROM ", source.sql,
                                              " t WHERE `school_year` = ? GROUP BY `school_id`, `stage`"),
                                 values));
  Pupils pupils;
  while (rows.Next()) pupils[rows.Text(0)][rows.Text(1)] = rows.Int(2);
  return pupils;
}

// Absent when no row of these stages was reported.
std::optional<int64_t> Sum(const std::map<std::string, int64_t>& stages, std::initializer_list<const char*> wanted) {
  std::optional<int64_t> sum;
  for (const char* stage : wanted) {
    if (auto it = stages.find(stage); it != stages.end()) sum = sum.value_or(0) + it->second;
  }
  return sum;
}

}  // namespace

absl::StatusOr<std::vector<domain::SchoolFigures>> ReadSchools(db::Session& session, const resource::Store& schools,
                                                               const resource::Table& enrollments,
                                                               const std::string& district, int school_year,
                                                               const std::string& read_time) {
  ASSIGN_OR_RETURN(const Pupils pupils, ReadPupils(session, enrollments, district, school_year, read_time));
  resource::Store::Read read;
  read.where.And("`district_id` = ?", {district});
  read.read_time = read_time;
  ASSIGN_OR_RETURN(std::vector<resource::Row> rows, schools.Page(session, read, {}, 100000));
  std::vector<domain::SchoolFigures> figures;
  for (const resource::Row& row : rows) {
    const auto& school = static_cast<const v1::School&>(*row.message);
    domain::SchoolFigures one;
    one.name = school.name();
    one.display_name = school.display_name();
    one.kind = school.kind();
    one.urban_rural = school.urban_rural();
    one.dense_centre = school.dense_centre();
    one.closed = school.state() == v1::School::STATE_CLOSED;
    const auto it = pupils.find(school.name().substr(school.name().rfind('/') + 1));
    if (it != pupils.end()) {
      // 任课学段: 2 小学, 3 普通初中, 5 职业初中, 4 普通高中, 6 职业高中.
      one.primary_pupils = Sum(it->second, {"2"});
      one.junior_pupils = Sum(it->second, {"3", "5"});
      one.senior_pupils = Sum(it->second, {"4", "6"});
    }
    figures.push_back(std::move(one));
  }
  return figures;
}

absl::StatusOr<std::vector<v1::IndicatorSet>> ReadIndicatorSets(db::Session& session, const resource::Store& sets,
                                                                const std::string& district, const std::string& read_time) {
  resource::Store::Read read;
  read.read_time = read_time;
  std::vector<db::Value> codes;
  for (const std::string& name : describe::Jurisdictions(district)) codes.push_back(name.substr(name.rfind('/') + 1));
  while (codes.size() < 4) codes.push_back(codes.back());
  read.where.And("`district_id` IN (?, ?, ?, ?)", codes);
  ASSIGN_OR_RETURN(std::vector<resource::Row> rows, sets.Page(session, read, {}, 1000));
  std::vector<v1::IndicatorSet> result;
  for (const resource::Row& row : rows) result.push_back(static_cast<const v1::IndicatorSet&>(*row.message));
  return result;
}

}  // namespace edudelta::planning::store
