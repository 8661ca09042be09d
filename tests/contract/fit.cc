// What the domain's rules ask of a sample beyond its annotations. A resource without such rules is not here.
#include <string>

#include "absl/strings/str_cat.h"
#include "edudelta/facilities/v1/facilities.pb.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "edudelta/teachers/v1/teachers.pb.h"
#include "tests/contract/subject.h"

namespace edudelta::contract {
namespace {

void Fit(int number, planning::v1::School* school) {
  // The category of the ids that the maker makes.
  school->set_kind(number % 2 == 0 ? "211" : "218");
}

void Fit(int number, planning::v1::GradeEnrollment* row) {
  row->set_school_year(1990 + number / 6 % 110);
  row->set_stage("2");
  row->set_grade(1 + number % 6);
  row->clear_classes_up_to_25();
  row->clear_classes_26_to_35();
  row->clear_classes_36_to_45();
  row->clear_classes_46_to_55();
  row->clear_classes_56_to_65();
  row->clear_classes_66_or_more();
  row->set_name(absl::StrCat(ParentOf(row->name()), "/gradeEnrollments/", row->school_year(), "-2-", row->grade()));
}

void Fit(int number, planning::v1::ReportDuty* row) { row->set_due(number % 2 == 0 ? "09-01" : "2026-10-15"); }

void Fit(int number, planning::v1::IndicatorSet* set) {
  set->clear_standards();
  for (const auto stage : {planning::v1::STAGE_PRIMARY, planning::v1::STAGE_JUNIOR}) {
    auto* standard = set->add_standards();
    standard->set_stage(stage);
    standard->set_coefficient_limit(number % 2 == 0 ? "0.50" : "0.45");
    for (int i = 1; i <= 7; ++i) {
      auto* indicator = standard->add_indicators();
      indicator->set_indicator(static_cast<planning::v1::Indicator>(i));
      indicator->set_standard("4.2");
    }
  }
}

void Fit(int number, teachers::v1::StaffingQuota* quota) {
  quota->set_school_year(1990 + number % 111);
  quota->set_name(absl::StrCat(ParentOf(quota->name()), "/staffingQuotas/", quota->school_year()));
}

// The maker's identity numbers are of men.
void Fit(int, teachers::v1::Teacher* teacher) { teacher->set_gender("1"); }

void Fit(int number, facilities::v1::Room* room) { room->set_use(number % 2 == 0 ? "111" : "113"); }

template <typename T>
bool TryFit(Message* row, int number) {
  auto* typed = dynamic_cast<T*>(row);
  if (typed != nullptr) Fit(number, typed);
  return typed != nullptr;
}

}  // namespace

void Subject::Fit(Message* row, int number) const {
  (void)(TryFit<planning::v1::School>(row, number) || TryFit<planning::v1::GradeEnrollment>(row, number) ||
         TryFit<planning::v1::ReportDuty>(row, number) || TryFit<planning::v1::IndicatorSet>(row, number) ||
         TryFit<teachers::v1::StaffingQuota>(row, number) || TryFit<teachers::v1::Teacher>(row, number) ||
         TryFit<facilities::v1::Room>(row, number));
}

}  // namespace edudelta::contract
