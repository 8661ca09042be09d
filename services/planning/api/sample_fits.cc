#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/calendar/days.h"
#include "common/testing/fits.h"
#include "edudelta/planning/v1/grade_enrollment.pb.h"
#include "edudelta/planning/v1/indicator_set.pb.h"
#include "edudelta/planning/v1/report_duty.pb.h"
#include "edudelta/planning/v1/school.pb.h"
#include "edudelta/planning/v1/types.pb.h"

namespace edudelta::planning::api {
namespace {

void FitEnrollment(int number, v1::GradeEnrollment* row) {
  // From the first year with a national indicator set to the next one.
  const int years = calendar::SchoolYearOf(calendar::DayOf(absl::Now())) + 2 - 2017;
  // Every grade that there is, three a stage: so many rows has a school in these years.
  row->set_stage(absl::StrCat(1 + number / 3 % 6));
  row->set_grade(1 + number % 3);
  row->set_school_year(2017 + number / 18 % years);
  // Not stated: so any number of pupils goes with it.
  row->clear_class_count();
  // They fit the classes of every other sample, too.
  row->set_pupil_count(100 + number % 90);
  row->set_boarder_count(number % 5);
  row->set_migrant_count(number % 7);
  row->set_left_behind_count(number % 11);
  row->set_special_needs_count(number % 13);
  row->clear_classes_up_to_25();
  row->clear_classes_26_to_35();
  row->clear_classes_36_to_45();
  row->clear_classes_46_to_55();
  row->clear_classes_56_to_65();
  row->clear_classes_66_or_more();
  const std::string& name = row->name();
  row->set_name(
      absl::StrCat(name.substr(0, name.rfind('/') + 1), row->school_year(), "-", row->stage(), "-", row->grade()));
}

void FitIndicators(int number, v1::IndicatorSet* set) {
  // No two sets of a jurisdiction and a day have the same.
  set->set_version_number(number);
  set->clear_standards();
  for (const auto stage : {v1::STAGE_PRIMARY, v1::STAGE_JUNIOR}) {
    auto* standard = set->add_standards();
    standard->set_stage(stage);
    standard->set_coefficient_limit(number % 2 == 0 ? "0.50" : "0.45");
    for (int i = 1; i <= 7; ++i) {
      auto* indicator = standard->add_indicators();
      indicator->set_indicator(static_cast<v1::Indicator>(i));
      indicator->set_standard("4.2");
    }
  }
}

}  // namespace

void AddSampleFits(testing::Fits& fits) {
  // The category of the ids that the maker makes.
  fits.On<v1::School>([](int number, v1::School* school) {
    school->set_kind(number % 2 == 0 ? "218" : "211");
    // It can be closed today.
    school->set_built_year(1950 + number % 50);
  });
  // A school of this year is closed in it.
  fits.On<v1::CloseSchoolRequest>([](int, v1::CloseSchoolRequest* request) {
    *request->mutable_close_date() = calendar::ToProto(calendar::DayOf(absl::Now()));
  });
  fits.On<v1::GradeEnrollment>(&FitEnrollment);
  fits.On<v1::ReportDuty>(
      [](int number, v1::ReportDuty* row) { row->set_due(number % 2 == 0 ? "09-01" : "2026-10-15"); });
  fits.On<v1::IndicatorSet>(&FitIndicators);
}

}  // namespace edudelta::planning::api
