#pragma once

#include "common/resource/rules.h"
#include "common/service/runtime.h"
#include "edudelta/exchange/v1/organization.pb.h"
#include "exchange/api/policy_hub.h"

// What binds the domain's rules to the engine. Every write of these resources raises the policy's version in its own
// transaction and wakes the hub. `runtime` and `hub` outlive the rules.
namespace edudelta::exchange::api {

resource::Rules OrganizationRules(service::Runtime& runtime, PolicyHub& hub);
resource::Rules ClientRules(service::Runtime& runtime, PolicyHub& hub);
resource::Rules UserRules(service::Runtime& runtime, PolicyHub& hub);
resource::Rules AgreementRules(service::Runtime& runtime, PolicyHub& hub);

// The row of an organisation within the transaction. FAILED_PRECONDITION, reason REFERENCE_NOT_FOUND.
absl::StatusOr<v1::Organization> FindOrganization(service::Runtime& runtime, db::Tx& tx, const std::string& name);
absl::Status RaisePolicy(PolicyHub& hub, db::Tx& tx, const std::string& name);

}  // namespace edudelta::exchange::api
