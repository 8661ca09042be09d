#pragma once

#include "common/service/runtime.h"
#include "exchange/api/policy_hub.h"
#include "exchange/api/settings.h"

namespace edudelta::exchange::api {

// What runs beside the engines; one per process, made by main.cc and outliving the runtime.
struct Parts {
  Settings settings;
  PolicyHub hub{settings};
};

enum class Key { kRequired, kOptional };

// The service as common/service runs it. `key`: whether the token key must be there.
service::Definition MakeDefinition(Parts& parts, Key key);

// Writes a fresh token key to a new file that only its owner can read. ALREADY_EXISTS, reason TOKEN_KEY_EXISTS;
// FAILED_PRECONDITION, reason TOKEN_KEY_UNWRITABLE.
absl::Status GenerateTokenKey(const std::string& path);

// Makes organisation `operator` with user `admin`, administrator of everything, unless they are there. The file holds
// the password; an existing password stays.
absl::Status BootstrapAdmin(service::Runtime& runtime, const std::string& password_file);

}  // namespace edudelta::exchange::api
