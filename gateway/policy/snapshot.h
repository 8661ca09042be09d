#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "edudelta/exchange/v1/policy.pb.h"

namespace edudelta::gateway::policy {

// What exchange has told so far: one immutable value per update, shared by all who decide by it.
struct Snapshot {
  template <typename T>
  using ByName = absl::flat_hash_map<std::string, std::shared_ptr<const T>>;

  std::int64_t version = 0;
  ByName<exchange::v1::PolicyPrincipal> principals;
  ByName<exchange::v1::PolicyOrganization> organizations;
  ByName<exchange::v1::PolicyAgreement> agreements;
  // Agreements by consumer, in order of name.
  absl::flat_hash_map<std::string, std::vector<std::shared_ptr<const exchange::v1::PolicyAgreement>>> by_consumer;
  std::string jwks;
  std::string token_issuer;
  std::string token_audience;
};

// `before` with the update applied; a snapshot update replaces everything. What is unchanged is shared.
std::shared_ptr<const Snapshot> Apply(const std::shared_ptr<const Snapshot>& before,
                                      const exchange::v1::PolicyUpdate& update);

// Of the districts that organizations keep the narrowest that covers `code`: who hears of what is asked there. Empty
// when none does.
std::string RegisteredDistrict(const Snapshot& snapshot, absl::string_view code);

}  // namespace edudelta::gateway::policy
