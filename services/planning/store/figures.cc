#include "planning/store/figures.h"

#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/calendar/days.h"
#include "edudelta/planning/v1/school.pb.h"

namespace edudelta::planning::store {
namespace {

// Pupils by 任课学段 code: 2 小学, 3 普通初中, 5 职业初中, 4 普通高中, 6 职业高中. Nothing where a grade is missing.
using Stages = std::map<std::string, std::optional<int64_t>>;
// By school id.
using Pupils = std::map<std::string, Stages>;

// Grades that a stage has at least: 5 and 4 years or 6 and 3. A grade without pupils has a row that says 0.
int64_t LeastGrades(absl::string_view stage) { return stage == "2" ? 5 : 3; }

absl::StatusOr<Pupils> ReadPupils(db::Session& session, const resource::Table& enrollments, const std::string& district,
                                  int school_year, const std::string& read_time) {
  const resource::Source source = resource::SourceAsOf(
      enrollments, {"school_id", "school_year", "stage", "grade", "pupil_count"}, district, read_time);
  std::vector<db::Value> values = source.values;
  values.push_back(int64_t{school_year});
  ASSIGN_OR_RETURN(
      db::Rows rows,
      session.Query(
          absl::StrCat("SELECT `school_id`, `stage`, SUM(`pupil_count`), COUNT(`pupil_count`), MAX(`grade`) FROM ",
                       source.sql, " t WHERE `school_year` = ? GROUP BY `school_id`, `stage`"),
          values));
  Pupils pupils;
  while (rows.Next()) {
    const std::string stage = rows.Text(1);
    std::optional<int64_t>& sum = pupils[rows.Text(0)][stage];
    // A grade has one row and begins at 1, so that as many rows as the last grade's number leave no gap.
    const int64_t grades = rows.Int(3);
    if (grades == rows.Int(4) && grades >= LeastGrades(stage)) sum = rows.Int(2);
  }
  return pupils;
}

// Absent when no row of these stages was reported, or not all of one.
std::optional<int64_t> Sum(const Stages& stages, std::initializer_list<const char*> wanted) {
  std::optional<int64_t> sum;
  for (const char* stage : wanted) {
    const auto it = stages.find(stage);
    if (it == stages.end()) continue;
    if (!it->second) return std::nullopt;
    sum = sum.value_or(0) + *it->second;
  }
  return sum;
}

// A school that was closed later was a school of that year, whatever it is today.
bool IsClosedOn(absl::CivilDay day, const v1::School& school) {
  if (school.state() != v1::School::STATE_CLOSED) return false;
  const std::optional<absl::CivilDay> closed = calendar::FromProto(school.close_date());
  return !closed || *closed <= day;
}

// Of a closed school: one that the evaluation of the year before may have had, or that reports pupils all the same.
std::optional<absl::CivilDay> MissedSince(const v1::School& school, int school_year, bool reports_pupils) {
  const std::optional<absl::CivilDay> closed = calendar::FromProto(school.close_date());
  if (closed && (reports_pupils || *closed > calendar::FirstDayOfSchoolYear(school_year - 1))) return closed;
  return std::nullopt;
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
    one.closed = IsClosedOn(calendar::FirstDayOfSchoolYear(school_year), school);
    const auto it = pupils.find(school.name().substr(school.name().rfind('/') + 1));
    if (it != pupils.end()) {
      one.primary_pupils = Sum(it->second, {"2"});
      one.junior_pupils = Sum(it->second, {"3", "5"});
      one.senior_pupils = Sum(it->second, {"4", "6"});
    }
    if (one.closed) one.missed_since = MissedSince(school, school_year, it != pupils.end());
    figures.push_back(std::move(one));
  }
  return figures;
}

absl::StatusOr<std::optional<int>> LastSchoolYear(db::Session& session, const resource::Table& enrollments,
                                                  const std::string& school) {
  ASSIGN_OR_RETURN(db::Rows rows,
                   session.Query(absl::StrCat("SELECT MAX(`school_year`) FROM `", enrollments.name(),
                                              "` WHERE `district_id` = ? AND `school_id` = ? AND `pupil_count` > 0"),
                                 {std::string(describe::DistrictOf(school)), school.substr(school.rfind('/') + 1)}));
  if (!rows.Next() || rows.IsNull(0)) return std::nullopt;
  return static_cast<int>(rows.Int(0));
}

absl::StatusOr<std::vector<v1::IndicatorSet>> ReadIndicatorSets(db::Session& session, const resource::Store& sets,
                                                                const std::string& district,
                                                                const std::string& read_time) {
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
