#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/db/session.h"
#include "common/resource/table.h"

namespace edudelta::resource {

// The SQL that the declaration needs beyond the schema, for a migration that a person names and reads: new tables, and
// columns (with a default: programs of before write rows too), longer texts, indexes. Empty when nothing is needed;
// applied, CheckSchema passes.
//
// FAILED_PRECONDITION, reason DRAFT_REFUSED, with metadata table, column and why: what needs more than that, because
// rows or programs of before would lose by it. A column that is not declared, another type, a field that becomes
// personal (its values must be encrypted, in history and outbox too), NOT NULL, another collation, other keys.
absl::StatusOr<std::string> DraftMigration(db::Session& session, const Table& table);

}  // namespace edudelta::resource
