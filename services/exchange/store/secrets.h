#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/db/session.h"

// Hashes of what clients and users sign in with, by the account's full name.
namespace edudelta::exchange::store {

enum class SecretKind { kClientSecret, kUserPassword };

absl::StatusOr<std::optional<std::string>> FindSecret(db::Session& session, SecretKind kind, absl::string_view name);
absl::Status SetSecret(db::Session& session, SecretKind kind, absl::string_view name, absl::string_view hash);

}  // namespace edudelta::exchange::store
