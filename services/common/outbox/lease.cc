#include "common/outbox/lease.h"

#include <utility>

#include "common/base/error.h"
#include "common/base/status.h"

namespace edudelta::outbox {

Lease::Lease(std::string name, std::string owner, absl::Duration duration)
    : name_(std::move(name)), owner_(std::move(owner)), microseconds_(absl::ToInt64Microseconds(duration)) {}

absl::StatusOr<bool> Lease::Available(db::Session& session) const {
  ASSIGN_OR_RETURN(db::Rows rows, session.Query("SELECT 1 FROM `lease` WHERE `name` = ? AND `owner` <> ? AND "
                                                "`expire_time` > UTC_TIMESTAMP(6)",
                                                {name_, owner_}));
  return !rows.Next();
}

absl::StatusOr<bool> Lease::Take(db::Tx& tx, int64_t* epoch) const {
  ASSIGN_OR_RETURN(db::Rows rows, tx.Query("SELECT `epoch`, `owner` <> ? AND `expire_time` > UTC_TIMESTAMP(6) "
                                           "FROM `lease` WHERE `name` = ? FOR UPDATE",
                                           {owner_, name_}));
  if (!rows.Next()) {
    *epoch = 1;
    const absl::Status inserted = tx.Execute(
                                        "INSERT INTO `lease` (`name`, `owner`, `expire_time`, `epoch`) "
                                        "VALUES (?, ?, UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND, 1)",
                                        {name_, owner_, microseconds_})
                                      .status();
    if (absl::IsAlreadyExists(inserted)) return false;
    RETURN_IF_ERROR(inserted);
    return true;
  }
  if (rows.Int(1) != 0) return false;
  *epoch = rows.Int(0) + 1;
  RETURN_IF_ERROR(tx.Execute("UPDATE `lease` SET `owner` = ?, `epoch` = ?, "
                             "`expire_time` = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND WHERE `name` = ?",
                             {owner_, *epoch, microseconds_, name_})
                      .status());
  return true;
}

absl::Status Lease::Hold(db::Tx& tx) const {
  // Time moves on between two transactions, so that the row is always changed.
  ASSIGN_OR_RETURN(const int64_t changed,
                   tx.Execute("UPDATE `lease` SET `expire_time` = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND "
                              "WHERE `name` = ? AND `owner` = ? AND `epoch` = ?",
                              {microseconds_, name_, owner_, epoch_}));
  if (changed == 1) return absl::OkStatus();
  return Refused("LEASE_LOST", "租约已被其他进程接管", {{"lease", name_}});
}

absl::Status Lease::Release(db::Session& session) const {
  return session
      .Execute("UPDATE `lease` SET `expire_time` = UTC_TIMESTAMP(6) WHERE `name` = ? AND `owner` = ? AND `epoch` = ?",
               {name_, owner_, epoch_})
      .status();
}

}  // namespace edudelta::outbox
