#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/testing/fits.h"
#include "edudelta/exchange/v1/agreement.pb.h"
#include "edudelta/exchange/v1/client.pb.h"
#include "edudelta/exchange/v1/organization.pb.h"
#include "edudelta/exchange/v1/user.pb.h"

namespace edudelta::exchange::api {
namespace {

// Two districts of the organisation's own, which follow from the digits of its id: no two may keep the same one. None
// for ids beyond the codes that the standard leaves free.
std::vector<std::string> DistrictsOf(const std::string& organization) {
  constexpr int kMost = 30000;
  int digits = 0;
  for (const char c : organization) digits = c >= '0' && c <= '9' && digits < kMost ? digits * 10 + (c - '0') : digits;
  if (digits >= kMost) return {};
  return {absl::StrCat(920000 + 2 * digits), absl::StrCat(920001 + 2 * digits)};
}

// A role over the account alone, so that whoever administers the account may grant it.
template <typename Account>
void FitAccount(int number, Account* account) {
  account->clear_bindings();
  auto* binding = account->add_bindings();
  binding->set_role(number % 2 == 0 ? options::v1::ROLE_AUDITOR : options::v1::ROLE_BUREAU_CLERK);
  binding->set_prefix(account->name());
}

void FitAgreement(int number, v1::Agreement* agreement) {
  agreement->clear_provider_districts();
  agreement->add_provider_districts(DistrictsOf(agreement->provider()).at(number % 2));
  agreement->clear_datasets();
  auto* grant = agreement->add_datasets();
  grant->set_dataset(number % 2 == 0 ? "planning.School" : "planning.GradeEnrollment");
  grant->add_fields(number % 2 == 0 ? "display_name" : "pupil_count");
  agreement->clear_purposes();
  agreement->add_purposes(number % 2 == 0 ? "STATISTICS" : "ENROLMENT_PLANNING");
  agreement->mutable_end_time()->set_seconds(agreement->start_time().seconds() + 86400 * (30 + number % 300));
  agreement->set_smallest_cell(agreement->delivery() == v1::Agreement::DELIVERY_AGGREGATE ? 5 : 0);
}

template <typename Request>
void TellContent(const v1::Agreement& agreement, Request* request) {
  request->set_content_hash(agreement.content_hash());
}

}  // namespace

void AddSampleFits(testing::Fits& fits) {
  fits.On<v1::Organization>([](int, v1::Organization* organization) {
    organization->set_kind(v1::Organization::KIND_BUREAU);
    organization->clear_districts();
    for (const std::string& district : DistrictsOf(organization->name())) organization->add_districts(district);
  });
  fits.On<v1::Client>(&FitAccount<v1::Client>);
  fits.On<v1::User>(&FitAccount<v1::User>);
  fits.On<v1::Agreement>(&FitAgreement);
  // Whoever signs says what was read.
  fits.OnStep<v1::Agreement, v1::SignAgreementRequest>(&TellContent<v1::SignAgreementRequest>);
  fits.OnStep<v1::Agreement, v1::CountersignAgreementRequest>(&TellContent<v1::CountersignAgreementRequest>);
}

}  // namespace edudelta::exchange::api
