#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "common/db/session.h"

namespace edudelta::db {

// What the server keeps of tables (`table_definition_cache`, 400 by default; `table_open_cache`) against what a schema
// needs. A server that keeps less forgets definitions while statements are prepared on them: everything grows slow, and
// statements fail in the end. All schemas of a server share it, but an account sees its own tables only.
struct TableCache {
  // Of the session's schema.
  int64_t tables = 0;
  // The smaller one of both settings.
  int64_t keeps = 0;
  // Definitions of all schemas that it has in memory now.
  int64_t open = 0;

  // It has forgotten some, or is about to: the schemas together are too large for it.
  bool full() const { return open >= keeps; }
};

// For the server's own tables, and those that a migration makes beside the old ones.
inline constexpr int64_t kTableReserve = 100;

// FAILED_PRECONDITION, reason TABLE_CACHE_TOO_SMALL with the numbers as metadata, when the schema's own tables and the
// reserve do not fit; failures of the session.
absl::StatusOr<TableCache> CheckTableCache(Session& session, int64_t reserve = kTableReserve);

}  // namespace edudelta::db
