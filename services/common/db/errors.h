#pragma once

#include "absl/status/status.h"

namespace sql {
class SQLException;
}

// The one place that reads the codes of the database.
namespace edudelta::db {

// What a failure interrupted; it decides whether the outcome is known.
enum class Doing {
  kConnecting,
  kReading,     // a query, or any statement inside a transaction: lost means nothing was written
  kWriting,     // a statement that commits by itself
  kCommitting,  // COMMIT
};

// The status says nothing of the values in the statement. See Session for the codes; the reasons are the functions
// below, DUPLICATE_KEY, DATABASE_CONFLICT, DATABASE_FULL (UNAVAILABLE: the server's disk), SCHEMA_ALREADY_SO (what
// a statement would define or drop is so already), and DATABASE_ERROR; the last two with metadata "sql_code".
absl::Status FromException(const sql::SQLException& exception, Doing doing);

// Whether the connection is of no use after this.
bool LosesConnection(const sql::SQLException& exception);

// DATABASE_UNAVAILABLE, DATABASE_TIMEOUT (DEADLINE_EXCEEDED), DATABASE_OUTCOME_UNKNOWN.
absl::Status Unavailable(int sql_code);
absl::Status Timeout();
absl::Status OutcomeUnknown();

}  // namespace edudelta::db
