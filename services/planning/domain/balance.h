#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "edudelta/planning/v1/balance_report.pb.h"
#include "edudelta/planning/v1/indicator_set.pb.h"
#include "edudelta/planning/v1/school_finding.pb.h"

// 县域义务教育优质均衡发展督导评估, part one (教督〔2017〕6号), computed from plain figures. Pure and deterministic:
// the same figures in any order give the same bytes.
//
// Every indicator is compared as an exact fraction; doubles occur in the coefficients of variation only, which are
// compared with their limit unrounded. Missing data is pending, never zero and never a pass.
namespace edudelta::planning::domain {

// Teachers of one school in one 任课学段 (code set TEACHING_STAGE; empty where it is not known), shared ones apart.
struct StaffFigures {
  std::string stage;
  int64_t teacher_count = 0;
  int64_t above_primary_count = 0;
  int64_t above_junior_count = 0;
  int64_t backbone_count = 0;
  int64_t sports_art_count = 0;
  int64_t shared_sports_art_count = 0;
};

// Of the whole school. Areas in hundredths of a square metre, value in 分. Absent: the register has no such row.
struct FacilityFigures {
  // Teaching and auxiliary rooms without the indoor sports area.
  std::optional<int64_t> teaching_area;
  std::optional<int64_t> indoor_sports_area;
  std::optional<int64_t> outdoor_sports_area;
  // Roof, underground and rented areas; they count for dense centres only, where the set says so, and their absence is
  // not missing data.
  std::optional<int64_t> extra_sports_area;
  std::optional<int64_t> equipment_value;
  std::optional<int64_t> multimedia_room_count;
};

struct SchoolFigures {
  // "districts/{district}/schools/{school}", unique in one evaluation.
  std::string name;
  std::string display_name;
  // Code set SCHOOL_KIND. Evaluated: 211 小学, 218 教学点, 311 初中, 312 九年一贯制, 341 完全中学 (its 初中部), 345
  // 十二年一贯制.
  std::string kind;
  std::string urban_rural;
  bool dense_centre = false;
  // On the statistics day, as are the pupils.
  bool closed = false;
  // Of a closed one: it was there a year before, or has pupils reported for this one nevertheless.
  std::optional<absl::CivilDay> missed_since = std::nullopt;
  // Absent: not reported, or not for every grade; a stage without pupils is reported as 0.
  std::optional<int64_t> primary_pupils;
  std::optional<int64_t> junior_pupils;
  std::optional<int64_t> senior_pupils;
  // Empty: the register has no teacher of the school.
  std::vector<StaffFigures> staff;
  FacilityFigures facilities;
};

struct BalanceEvaluation {
  // Without name and read_time.
  v1::BalanceReport report;
  // Without names; in order of school and stage. FindingId gives the last segment.
  std::vector<v1::SchoolFinding> findings;
};

// Verdict of a school in a stage: FAILED as soon as it cannot pass any more, whatever is still missing (one indicator
// below the floor, or more below the standard than the set allows); else PENDING while something is missing; else
// PASSED. A stage that has nobody to evaluate is PENDING, and a district with such a stage.
//
// Splits and exceptions that were used (stage_amounts.h) are named in `applied_rules`; schools without pupils in a
// stage, teaching points below the set's least size and closed schools that one would look for (SchoolFigures) stand in
// `excluded_schools` as "<name>：<reason>".
//
// Shortfalls of through-train schools are those of the part that the split gives to the stage.
//
// Fails as Check(IndicatorSet) does.
absl::StatusOr<BalanceEvaluation> EvaluateBalance(const v1::IndicatorSet& set, int school_year,
                                                  std::vector<SchoolFigures> schools);

// "<school id>-primary" or "<school id>-junior".
std::string FindingId(const v1::SchoolFinding& finding);

// The set that holds: of the nearest jurisdiction that has one in force on `day` (the statistics day,
// calendar::FirstDayOfSchoolYear), the one that took effect last; of two with the same effective date, the one with the
// higher version. A set never changes: a correction is a new set with the same effective date and the next version.
// `jurisdictions` are district names ("districts/310114"), nearest first.
// Null when there is none. The result points into `sets`.
const v1::IndicatorSet* ChooseIndicatorSet(const std::vector<v1::IndicatorSet>& sets,
                                           const std::vector<std::string>& jurisdictions, absl::CivilDay day);

}  // namespace edudelta::planning::domain
