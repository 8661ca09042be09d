#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/calendar/days.h"
#include "edudelta/planning/v1/indicator_set.pb.h"
#include "edudelta/planning/v1/types.pb.h"
#include "planning/domain/balance.h"

// Samples for the tests of this folder.
namespace edudelta::planning::domain {

inline v1::StageStandard SampleStandard(v1::Stage stage, const std::vector<std::string>& standards,
                                        const std::string& limit) {
  v1::StageStandard result;
  result.set_stage(stage);
  result.set_coefficient_limit(limit);
  for (size_t i = 0; i < standards.size(); ++i) {
    auto* indicator = result.add_indicators();
    indicator->set_indicator(static_cast<v1::Indicator>(i + 1));
    indicator->set_standard(standards[i]);
  }
  return result;
}

// The national set: 教督〔2017〕6号, part one, with the exceptions of the later practice.
inline v1::IndicatorSet NationalSet() {
  v1::IndicatorSet set;
  set.set_name("districts/000000/indicatorSets/2017");
  set.set_display_name("教督〔2017〕6号");
  *set.mutable_effective_date() = calendar::ToProto(absl::CivilDay(2017, 4, 19));
  *set.add_standards() = SampleStandard(v1::STAGE_PRIMARY, {"4.2", "1", "0.9", "4.5", "7.5", "2000", "2.3"}, "0.50");
  *set.add_standards() = SampleStandard(v1::STAGE_JUNIOR, {"5.3", "1", "0.9", "5.8", "10.2", "2500", "2.4"}, "0.45");
  set.set_required_indicator_count(6);
  set.set_floor_percent(85);
  set.set_coefficient_weighting(v1::WEIGHTING_PUPILS);
  set.set_smallest_teaching_point(50);
  set.set_version_number(1);
  set.set_count_shared_sports_art_teachers(true);
  set.set_count_extra_sports_areas(true);
  return set;
}

inline std::string SampleName(int number) { return absl::StrCat("districts/310114/schools/", 2131000000LL + number); }

// A primary school of 1,000 pupils at exactly the national standards.
inline SchoolFigures PrimarySchool(int number) {
  SchoolFigures school;
  school.name = SampleName(number);
  school.display_name = absl::StrCat("第", number, "小学");
  school.kind = "211";
  school.urban_rural = "111";
  school.primary_pupils = 1000;
  school.staff = {{"2", 60, 42, 30, 10, 9, 0}};
  school.facilities = {450000, 50000, 700000, 0, 200000000, 23};
  return school;
}

// A junior school of 1,000 pupils at exactly the national standards.
inline SchoolFigures JuniorSchool(int number) {
  SchoolFigures school;
  school.name = SampleName(number);
  school.display_name = absl::StrCat("第", number, "初级中学");
  school.kind = "311";
  school.urban_rural = "111";
  school.junior_pupils = 1000;
  school.staff = {{"3", 80, 80, 53, 10, 9, 0}};
  school.facilities = {580000, 20000, 1000000, 0, 250000000, 24};
  return school;
}

}  // namespace edudelta::planning::domain
