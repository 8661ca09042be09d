#pragma once

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "edudelta/exchange/v1/agreement.pb.h"
#include "edudelta/exchange/v1/policy.pb.h"
#include "gateway/policy/decide.h"

// The policy that the tests of this folder and of gateway/forward share: Kunshan reads Jiading's schools.
namespace edudelta::gateway::policy::testing {

inline const absl::Time kNow = absl::FromUnixSeconds(1800000000);
inline constexpr char kKunshan[] = "organizations/kunshan/clients/portal";
inline constexpr char kJiading[] = "organizations/jiading/users/clerk";

inline exchange::v1::PolicyPrincipal Principal(const std::string& name, const std::string& organization) {
  exchange::v1::PolicyPrincipal principal;
  principal.set_name(name);
  principal.set_organization(organization);
  principal.set_state(exchange::v1::ACCOUNT_STATE_ACTIVE);
  return principal;
}

inline void Bind(exchange::v1::PolicyPrincipal* principal, options::v1::Role role, const std::string& prefix) {
  auto* binding = principal->add_bindings();
  binding->set_role(role);
  binding->set_prefix(prefix);
}

inline exchange::v1::PolicyAgreement SchoolAgreement(const std::string& id = "a1") {
  exchange::v1::PolicyAgreement agreement;
  agreement.set_name(absl::StrCat("agreements/", id));
  agreement.set_state(exchange::v1::Agreement::STATE_ACTIVE);
  agreement.set_content_hash("00ff");
  auto* content = agreement.mutable_content();
  content->set_provider("organizations/jiading");
  content->set_consumer("organizations/kunshan");
  content->add_provider_districts("310114");
  auto* grant = content->add_datasets();
  grant->set_dataset("planning.School");
  grant->add_fields("display_name");
  grant->set_row_filter("kind = 211");
  content->add_purposes("ENROLMENT_CHECK");
  content->mutable_start_time()->set_seconds(absl::ToUnixSeconds(kNow - absl::Hours(24)));
  content->mutable_end_time()->set_seconds(absl::ToUnixSeconds(kNow + absl::Hours(24)));
  content->set_delivery(exchange::v1::Agreement::DELIVERY_QUERY);
  return agreement;
}

inline exchange::v1::PolicyUpdate Policy() {
  exchange::v1::PolicyUpdate update;
  update.set_snapshot(true);
  update.set_version(1);
  update.set_lease_seconds(10);
  *update.add_principals() = Principal(kKunshan, "organizations/kunshan");
  auto clerk = Principal(kJiading, "organizations/jiading");
  Bind(&clerk, options::v1::ROLE_BUREAU_CLERK, "districts/310114");
  *update.add_principals() = clerk;
  auto* jiading = update.add_organizations();
  jiading->set_name("organizations/jiading");
  jiading->add_districts("310114");
  auto* kunshan = update.add_organizations();
  kunshan->set_name("organizations/kunshan");
  kunshan->add_districts("320583");
  *update.add_agreements() = SchoolAgreement();
  return update;
}

inline std::shared_ptr<const Snapshot> SnapshotOf(const exchange::v1::PolicyUpdate& update) {
  return Apply(std::make_shared<const Snapshot>(), update);
}

class FixedClock final : public Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::Time now = kNow;
};

}  // namespace edudelta::gateway::policy::testing
