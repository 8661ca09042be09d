#include "exchange/store/policy_version.h"

#include <set>

#include "common/base/status.h"

namespace edudelta::exchange::store {
namespace {

constexpr int64_t kKeptChanges = 10000;
constexpr int64_t kMostChanges = 1000;

}  // namespace

absl::Status RaisePolicyVersion(db::Tx& tx, absl::string_view name) {
  RETURN_IF_ERROR(
      tx.Execute("UPDATE `policy_version` SET `version` = `version` + 1 WHERE `id` = ?", {int64_t{1}}).status());
  return tx
      .Execute(
          "INSERT INTO `policy_change` (`version`, `name`) SELECT `version`, ? FROM `policy_version` WHERE `id` = 1",
          {std::string(name)})
      .status();
}

absl::StatusOr<PolicyChanges> ReadPolicyChanges(db::Session& session, int64_t since) {
  PolicyChanges changes;
  {
    ASSIGN_OR_RETURN(db::Rows rows,
                     session.Query("SELECT `version` FROM `policy_version` WHERE `id` = ?", {int64_t{1}}));
    if (rows.Next()) changes.version = rows.Int(0);
  }
  // A counter that went back is a database that was restored.
  changes.lost = since < 0 || changes.version < since || changes.version - since > kMostChanges;
  if (changes.lost || changes.version == since) return changes;
  ASSIGN_OR_RETURN(db::Rows rows,
                   session.Query("SELECT `version`, `name` FROM `policy_change` WHERE `version` > ? AND `version` <= ?",
                                 {since, changes.version}));
  int64_t count = 0;
  std::set<std::string> names;
  for (; rows.Next(); ++count) names.insert(rows.Text(1));
  changes.lost = count != changes.version - since;
  changes.names.assign(names.begin(), names.end());
  return changes;
}

absl::Status DropOldPolicyChanges(db::Session& session) {
  ASSIGN_OR_RETURN(db::Rows rows, session.Query("SELECT `version` FROM `policy_version` WHERE `id` = ?", {int64_t{1}}));
  if (!rows.Next()) return absl::OkStatus();
  return session.Execute("DELETE FROM `policy_change` WHERE `version` <= ?", {rows.Int(0) - kKeptChanges}).status();
}

}  // namespace edudelta::exchange::store
