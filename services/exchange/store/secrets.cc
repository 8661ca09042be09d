#include "exchange/store/secrets.h"

#include "common/base/error.h"
#include "common/base/status.h"

namespace edudelta::exchange::store {
namespace {

// The columns of a Secret.
const char* FindSql(SecretKind kind) {
  return kind == SecretKind::kClientSecret
             ? "SELECT `secret_hash`, `generation`, 0 FROM `client_secret` WHERE `name` = ?"
             : "SELECT `password_hash`, `generation`, `change_required` FROM `user_password` WHERE `name` = ?";
}

}  // namespace

absl::StatusOr<std::optional<Secret>> FindSecret(db::Session& session, SecretKind kind, absl::string_view name) {
  ASSIGN_OR_RETURN(db::Rows rows, session.Query(FindSql(kind), {std::string(name)}));
  if (!rows.Next()) return std::nullopt;
  return Secret{rows.Text(0), rows.Int(1), rows.Int(2) != 0};
}

absl::StatusOr<std::map<std::string, Secret>> ReadSecrets(db::Session& session, SecretKind kind) {
  ASSIGN_OR_RETURN(db::Rows rows,
                   session.Query(kind == SecretKind::kClientSecret
                                     ? "SELECT `name`, `generation`, 0 FROM `client_secret`"
                                     : "SELECT `name`, `generation`, `change_required` FROM `user_password`"));
  std::map<std::string, Secret> secrets;
  while (rows.Next()) secrets[rows.Text(0)] = {"", rows.Int(1), rows.Int(2) != 0};
  return secrets;
}

absl::Status SetSecret(db::Session& session, SecretKind kind, absl::string_view name, absl::string_view hash,
                       bool change_required) {
  if (kind == SecretKind::kClientSecret) {
    return session
        .Execute(
            "INSERT INTO `client_secret` (`name`, `secret_hash`, `update_time`) VALUES (?, ?, NOW(6)) ON DUPLICATE KEY "
            "UPDATE `secret_hash` = VALUES(`secret_hash`), `update_time` = VALUES(`update_time`), `generation` = "
            "`generation` + 1",
            {std::string(name), std::string(hash)})
        .status();
  }
  return session
      .Execute(
          "INSERT INTO `user_password` (`name`, `password_hash`, `update_time`, `change_required`) VALUES (?, ?, "
          "NOW(6), "
          "?) ON DUPLICATE KEY UPDATE `password_hash` = VALUES(`password_hash`), `update_time` = "
          "VALUES(`update_time`), "
          "`change_required` = VALUES(`change_required`), `generation` = `generation` + 1",
          {std::string(name), std::string(hash), int64_t{change_required}})
      .status();
}

absl::Status ReplacePassword(db::Session& session, absl::string_view name, absl::string_view old,
                             absl::string_view hash) {
  ASSIGN_OR_RETURN(const int64_t replaced,
                   session.Execute("UPDATE `user_password` SET `password_hash` = ?, `update_time` = NOW(6), "
                                   "`change_required` = 0, `generation` = `generation` + 1 WHERE `name` = ? AND "
                                   "`password_hash` = ?",
                                   {std::string(hash), std::string(name), std::string(old)}));
  if (replaced == 1) return absl::OkStatus();
  return Error(absl::StatusCode::kAborted, "PASSWORD_CHANGED_MEANWHILE", "口令刚刚已被修改，请重试");
}

absl::Status EndTokens(db::Session& session, SecretKind kind, absl::string_view name) {
  return session
      .Execute(kind == SecretKind::kClientSecret
                   ? "UPDATE `client_secret` SET `generation` = `generation` + 1 WHERE `name` = ?"
                   : "UPDATE `user_password` SET `generation` = `generation` + 1 WHERE `name` = ?",
               {std::string(name)})
      .status();
}

}  // namespace edudelta::exchange::store
