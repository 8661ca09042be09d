#include "exchange/store/secrets.h"

#include "common/base/status.h"

namespace edudelta::exchange::store {

absl::StatusOr<std::optional<std::string>> FindSecret(db::Session& session, SecretKind kind, absl::string_view name) {
  ASSIGN_OR_RETURN(db::Rows rows, session.Query(kind == SecretKind::kClientSecret
                                                    ? "SELECT `secret_hash` FROM `client_secret` WHERE `name` = ?"
                                                    : "SELECT `password_hash` FROM `user_password` WHERE `name` = ?",
                                                {std::string(name)}));
  if (!rows.Next()) return std::nullopt;
  return rows.Text(0);
}

absl::Status SetSecret(db::Session& session, SecretKind kind, absl::string_view name, absl::string_view hash) {
  return session
      .Execute(
          kind == SecretKind::kClientSecret
              ? "INSERT INTO `client_secret` (`name`, `secret_hash`, `update_time`) VALUES (?, ?, NOW(6)) ON DUPLICATE "
                "KEY UPDATE `secret_hash` = VALUES(`secret_hash`), `update_time` = VALUES(`update_time`)"
              : "INSERT INTO `user_password` (`name`, `password_hash`, `update_time`) VALUES (?, ?, NOW(6)) ON "
                "DUPLICATE KEY UPDATE `password_hash` = VALUES(`password_hash`), `update_time` = VALUES(`update_time`)",
          {std::string(name), std::string(hash)})
      .status();
}

}  // namespace edudelta::exchange::store
