#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/db/migration_lease.h"
#include "common/db/pool.h"

namespace edudelta::db {

// One embedded file, e.g. {"202611210900_create_school", "CREATE TABLE ..."}. Statements end with ";" at a line's end;
// lines that start with "--" are comments.
struct Migration {
  std::string name;
  std::string sql;
};

// Forward only. Applied in order of name; each statement is a recorded step (table `schema_migration`: name, step,
// steps, checksum, applied_time), so that a file that failed halfway resumes at its step; DDL is not transactional,
// so a file's UPDATEs say which rows are still to be changed. See MigrationLease for two migrators at once. After a
// migrator that died, the first statement may turn out to be done: what it defines is there, what it drops is not.
//
// Both functions: FAILED_PRECONDITION, reason MIGRATION_CHANGED, when an applied file's checksum differs;
// MIGRATION_UNKNOWN when the schema has one that the binary has not. Unknown ones that are all newer than the binary's
// own are allowed while the binary has nothing to apply: old code runs on a schema that was expanded before it.

// The same database for migrations: statements may take hours and wait for the locks of those who are at work.
Options ForMigrations(Options options);

// Runs what is missing. UNAVAILABLE, reason MIGRATION_RUNNING, while another migrator is at work. A failing statement's
// status names migration and step in its metadata; a deadlock or lock wait is tried once more. `pool` has two
// connections or more.
absl::Status Migrate(Pool& pool, const std::vector<Migration>& migrations, const LeaseTimes& times = {});

// Changes nothing. FAILED_PRECONDITION, reason MIGRATION_PENDING, when something is missing.
absl::Status CheckMigrations(Session& session, const std::vector<Migration>& migrations);

// The tables that every service has: request log, outbox, feeds, transition log, leases. To be merged with the
// service's own list.
const std::vector<Migration>& CommonMigrations();
// CommonMigrations() and `own`.
std::vector<Migration> WithCommonMigrations(const std::vector<Migration>& own);

}  // namespace edudelta::db
