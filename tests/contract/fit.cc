#include "tests/contract/fit.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "edudelta/exchange/v1/exchange.pb.h"
#include "edudelta/facilities/v1/facilities.pb.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "edudelta/teachers/v1/teachers.pb.h"

namespace edudelta::contract {
namespace {

using google::protobuf::Message;

std::string ParentOf(const std::string& name, const std::string& collection) {
  return name.substr(0, name.find(collection));
}

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
  const std::string collection = "/gradeEnrollments/";
  row->set_name(absl::StrCat(ParentOf(row->name(), collection), collection, row->school_year(), "-2-", row->grade()));
}

void Fit(int number, planning::v1::ReportDuty* row) { row->set_due(number % 2 == 0 ? "09-01" : "2026-10-15"); }

void Fit(int number, planning::v1::IndicatorSet* set) {
  // No two sets of a jurisdiction and a day have the same.
  set->set_version_number(number);
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
  const std::string collection = "/staffingQuotas/";
  quota->set_name(absl::StrCat(ParentOf(quota->name(), collection), collection, quota->school_year()));
}

// The maker's identity numbers are of men.
void Fit(int, teachers::v1::Teacher* teacher) { teacher->set_gender("1"); }

void Fit(int number, facilities::v1::Room* room) { room->set_use(number % 2 == 0 ? "111" : "113"); }

// Each keeps a district of its own, which follows from its id: no two may keep the same one.
void Fit(int, exchange::v1::Organization* organization) {
  int digits = 0;
  for (const char c : organization->name()) digits = c >= '0' && c <= '9' ? digits * 10 + (c - '0') : digits;
  organization->set_kind(exchange::v1::Organization::KIND_BUREAU);
  organization->clear_districts();
  organization->add_districts(absl::StrCat(920000 + digits));
}

// A role over the account alone, so that whoever administers the account may grant it.
template <typename Account>
void FitAccount(int number, Account* account) {
  account->clear_bindings();
  auto* binding = account->add_bindings();
  binding->set_role(number % 2 == 0 ? options::v1::ROLE_AUDITOR : options::v1::ROLE_BUREAU_CLERK);
  binding->set_prefix(account->name());
}
void Fit(int number, exchange::v1::Client* client) { FitAccount(number, client); }
void Fit(int number, exchange::v1::User* user) { FitAccount(number, user); }

void Fit(int number, exchange::v1::Agreement* agreement) {
  agreement->clear_provider_districts();
  agreement->add_provider_districts(absl::StrCat(310101 + number % 19));
  agreement->clear_datasets();
  auto* grant = agreement->add_datasets();
  grant->set_dataset(number % 2 == 0 ? "planning.School" : "planning.GradeEnrollment");
  grant->add_fields(number % 2 == 0 ? "display_name" : "pupil_count");
  agreement->clear_purposes();
  agreement->add_purposes(number % 2 == 0 ? "STATISTICS" : "ENROLMENT_PLANNING");
  agreement->mutable_end_time()->set_seconds(agreement->start_time().seconds() + 86400 * (30 + number % 300));
  agreement->set_smallest_cell(agreement->delivery() == exchange::v1::Agreement::DELIVERY_AGGREGATE ? 5 : 0);
}

template <typename T>
bool TryFit(Message* row, int number) {
  auto* typed = dynamic_cast<T*>(row);
  if (typed != nullptr) Fit(number, typed);
  return typed != nullptr;
}

}  // namespace

void FitSample(Message* row, int number) {
  (void)(TryFit<planning::v1::School>(row, number) || TryFit<planning::v1::GradeEnrollment>(row, number) ||
         TryFit<planning::v1::ReportDuty>(row, number) || TryFit<planning::v1::IndicatorSet>(row, number) ||
         TryFit<teachers::v1::StaffingQuota>(row, number) || TryFit<teachers::v1::Teacher>(row, number) ||
         TryFit<facilities::v1::Room>(row, number) || TryFit<exchange::v1::Organization>(row, number) ||
         TryFit<exchange::v1::Client>(row, number) || TryFit<exchange::v1::User>(row, number) ||
         TryFit<exchange::v1::Agreement>(row, number));
}

}  // namespace edudelta::contract
