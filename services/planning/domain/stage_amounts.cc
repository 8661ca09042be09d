#include "planning/domain/stage_amounts.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/calendar/days.h"

namespace edudelta::planning::domain {
namespace {

constexpr int kPrimary = 0;
constexpr int kJunior = 1;
constexpr int kSections = 3;
// 乡村小规模学校, practice of 2022 and later.
constexpr int64_t kSmallSchoolLeast = 50;
constexpr int64_t kSmallSchoolLimit = 100;

struct Kind {
  absl::string_view code;
  std::array<bool, kSections> has;
  bool teaching_point;
};

constexpr std::array<Kind, 6> kKinds = {{
    {"211", {true, false, false}, false},
    {"218", {true, false, false}, true},
    {"311", {false, true, false}, false},
    {"312", {true, true, false}, false},
    {"341", {false, true, true}, false},
    {"345", {true, true, true}, false},
}};

const Kind* FindKind(absl::string_view code) {
  for (const Kind& kind : kKinds) {
    if (kind.code == code) return &kind;
  }
  return nullptr;
}

// Section of a 任课学段; -1 for those that are no part of the evaluated schools.
int SectionOf(absl::string_view stage) {
  if (stage == "2") return 0;
  if (stage == "3" || stage == "5") return 1;
  if (stage == "4" || stage == "6") return 2;
  return -1;
}

void Add(const StaffFigures& from, StaffFigures& to) {
  to.teacher_count += from.teacher_count;
  to.above_primary_count += from.above_primary_count;
  to.above_junior_count += from.above_junior_count;
  to.backbone_count += from.backbone_count;
  to.sports_art_count += from.sports_art_count;
  to.shared_sports_art_count += from.shared_sports_art_count;
}

// One school, its sections and its weights.
struct Sections {
  const SchoolFigures& school;
  const Kind& kind;
  std::array<std::optional<int64_t>, kSections> pupils;
  // Over the sections of the kind; absent when one of them did not report.
  std::optional<int64_t> total_pupils;
  std::optional<int64_t> weighted_pupils;
  int sections_with_pupils = 0;
};

Sections SectionsOf(const SchoolFigures& school, const Kind& kind) {
  Sections result{school, kind, {school.primary_pupils, school.junior_pupils, school.senior_pupils}, 0, 0};
  for (int section = 0; section < kSections; ++section) {
    if (!kind.has[section]) continue;
    const std::optional<int64_t>& pupils = result.pupils[section];
    if (!pupils || *pupils > 0) ++result.sections_with_pupils;
    if (pupils && result.total_pupils) {
      *result.total_pupils += *pupils;
      *result.weighted_pupils += kPupilWeights[section] * *pupils;
    } else {
      result.total_pupils = std::nullopt;
      result.weighted_pupils = std::nullopt;
    }
  }
  return result;
}

std::optional<Amount> SectionShare(const Sections& sections, int section, std::optional<int64_t> total) {
  if (!total) return std::nullopt;
  if (sections.sections_with_pupils == 1) return Amount{*total, 1};
  if (!sections.weighted_pupils) return std::nullopt;
  return ShareOf(*total, kPupilWeights[section], *sections.pupils[section], *sections.weighted_pupils);
}

bool SharedTeachersCount(const Sections& sections, const v1::IndicatorSet& set) {
  return set.count_shared_sports_art_teachers() && absl::StartsWith(sections.school.urban_rural, "2") &&
         sections.total_pupils && *sections.total_pupils >= kSmallSchoolLeast &&
         *sections.total_pupils < kSmallSchoolLimit;
}

void FillTeachers(const Sections& sections, int section, const v1::IndicatorSet& set, StagePart& part) {
  const bool split_all = set.split_teachers() && sections.sections_with_pupils > 1;
  StaffFigures own;
  StaffFigures divided;
  for (const StaffFigures& row : sections.school.staff) {
    const int taught = SectionOf(row.stage);
    if (row.stage.empty()) {
      Add(row, divided);
    } else if (split_all && taught >= 0 && sections.kind.has[taught]) {
      Add(row, divided);
    } else if (taught == section) {
      Add(row, own);
    }
  }
  if (own.teacher_count + divided.teacher_count == 0) return;

  const bool shared = SharedTeachersCount(sections, set);
  const bool divides = divided.teacher_count + divided.shared_sports_art_count > 0;
  auto amount = [&](int64_t own_count, int64_t divided_count) -> std::optional<Amount> {
    if (!divides) return Amount{own_count, 1};
    std::optional<Amount> share = SectionShare(sections, section, divided_count);
    if (share) share->numerator += own_count * share->denominator;
    return share;
  };
  auto sports_art = [shared](const StaffFigures& row) {
    return row.sports_art_count + (shared ? row.shared_sports_art_count : 0);
  };
  part.amounts[0] = section == kPrimary ? amount(own.above_primary_count, divided.above_primary_count)
                                        : amount(own.above_junior_count, divided.above_junior_count);
  part.amounts[1] = amount(own.backbone_count, divided.backbone_count);
  part.amounts[2] = amount(sports_art(own), sports_art(divided));

  if (divides && sections.sections_with_pupils > 1) part.applied_rules.push_back("teachers_by_ratio");
  if (shared && own.shared_sports_art_count + divided.shared_sports_art_count > 0) {
    part.applied_rules.push_back("shared_sports_art_teachers");
  }
}

void FillFacilities(const Sections& sections, int section, const v1::IndicatorSet& set, StagePart& part) {
  const FacilityFigures& facilities = sections.school.facilities;
  std::optional<int64_t> sports_area;
  if (facilities.indoor_sports_area && facilities.outdoor_sports_area) {
    sports_area = *facilities.indoor_sports_area + *facilities.outdoor_sports_area;
  }
  const bool extra = set.count_extra_sports_areas() && sections.school.dense_centre;
  if (sports_area && extra && facilities.extra_sports_area.value_or(0) > 0) {
    *sports_area += *facilities.extra_sports_area;
    part.applied_rules.push_back("extra_sports_areas");
  }
  part.amounts[3] = SectionShare(sections, section, facilities.teaching_area);
  part.amounts[4] = SectionShare(sections, section, sports_area);
  part.amounts[5] = SectionShare(sections, section, facilities.equipment_value);
  part.amounts[6] = SectionShare(sections, section, facilities.multimedia_room_count);
}

}  // namespace

Amount ShareOf(int64_t total, int weight, int64_t pupils, int64_t weighted_pupils) {
  return Amount{absl::int128(total) * weight * pupils, weighted_pupils};
}

SchoolParts PartsOf(const SchoolFigures& school, const v1::IndicatorSet& set) {
  SchoolParts result;
  const Kind* kind = FindKind(school.kind);
  if (kind == nullptr) return result;
  if (school.closed) {
    if (school.missed_since) {
      result.exclusions.push_back(absl::StrCat("已于", calendar::FormatDay(*school.missed_since), "撤销"));
    }
    return result;
  }

  const Sections sections = SectionsOf(school, *kind);
  for (int section : {kPrimary, kJunior}) {
    if (!kind->has[section]) continue;
    const absl::string_view label = section == kPrimary ? "小学" : "初中";
    const std::optional<int64_t> pupils = sections.pupils[section];
    if (pupils == 0) {
      result.exclusions.push_back(absl::StrCat(label, "无在校生"));
      continue;
    }
    if (kind->teaching_point && pupils && *pupils < set.smallest_teaching_point()) {
      result.exclusions.push_back(absl::StrCat("教学点在校生不足", set.smallest_teaching_point(), "人"));
      continue;
    }
    StagePart part;
    part.stage = section == kPrimary ? v1::STAGE_PRIMARY : v1::STAGE_JUNIOR;
    part.pupils = pupils;
    if (sections.sections_with_pupils > 1) part.applied_rules.push_back("through_train_split");
    if (pupils) {
      FillTeachers(sections, section, set, part);
      FillFacilities(sections, section, set, part);
    }
    result.parts.push_back(std::move(part));
  }
  return result;
}

}  // namespace edudelta::planning::domain
