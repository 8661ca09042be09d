#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/db/session.h"

// Hashes of what clients and users sign in with, by the account's full name, and which tokens are good.
namespace edudelta::exchange::store {

enum class SecretKind { kClientSecret, kUserPassword };

struct Secret {
  std::string hash;
  // Of the tokens that are issued for it; those of an earlier one have ended.
  int64_t generation = 0;
  // Of a user: set by another, and to be changed.
  bool change_required = false;
};

// One statement, so that the generation is that of the secret.
absl::StatusOr<std::optional<Secret>> FindSecret(db::Session& session, SecretKind kind, absl::string_view name);
// All, without hashes.
absl::StatusOr<std::map<std::string, Secret>> ReadSecrets(db::Session& session, SecretKind kind);

// Ends the tokens that were issued before. `change_required` of users only.
absl::Status SetSecret(db::Session& session, SecretKind kind, absl::string_view name, absl::string_view hash,
                       bool change_required);
// The same, unless the secret is no longer the one with hash `old`: then ABORTED, reason PASSWORD_CHANGED_MEANWHILE.
absl::Status ReplacePassword(db::Session& session, absl::string_view name, absl::string_view old,
                             absl::string_view hash);
// Ends the tokens and keeps the secret.
absl::Status EndTokens(db::Session& session, SecretKind kind, absl::string_view name);

}  // namespace edudelta::exchange::store
