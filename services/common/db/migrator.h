#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/db/session.h"

namespace edudelta::db {

// One embedded file, e.g. {"202611210900_create_school", "CREATE TABLE ..."}. Statements end with ";" at a line's end.
struct Migration {
  std::string name;
  std::string sql;
};

// Forward only. Applied in order of name; each statement is a recorded step (table `schema_migration`: name, checksum,
// step, steps, applied_time), so that a file that failed halfway resumes at its step. A lease row keeps two migrators
// apart.

// Runs what is missing. FAILED_PRECONDITION, reason MIGRATION_CHANGED, when an applied file's checksum differs;
// MIGRATION_UNKNOWN when the schema has one that the binary has not.
absl::Status Migrate(Session& session, const std::vector<Migration>& migrations);

// OK when exactly `migrations` are applied; else FAILED_PRECONDITION, reason MIGRATION_PENDING, _CHANGED or _UNKNOWN.
// An unknown *newer* migration is allowed: old code runs on a schema that was expanded before it.
absl::Status CheckMigrations(Session& session, const std::vector<Migration>& migrations);

}  // namespace edudelta::db
