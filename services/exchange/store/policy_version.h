#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/db/session.h"

// What gateways decide by carries one version number, which every change raises in its own transaction. The counter's
// row is locked until the commit, so versions become visible in order and none is missed.
namespace edudelta::exchange::store {

// `name`: the account, organisation or agreement that changes.
absl::Status RaisePolicyVersion(db::Tx& tx, absl::string_view name);

struct PolicyChanges {
  int64_t version = 0;
  // Some changes since are no longer known, or there are too many: read everything.
  bool lost = false;
  // Distinct names.
  std::vector<std::string> names;
};
// One statement when nothing has changed.
absl::StatusOr<PolicyChanges> ReadPolicyChanges(db::Session& session, int64_t since);

// Forgets all but the latest changes.
absl::Status DropOldPolicyChanges(db::Session& session);

}  // namespace edudelta::exchange::store
