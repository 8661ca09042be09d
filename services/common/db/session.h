#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace edudelta::db {

struct Null {
  friend bool operator==(Null, Null) { return true; }
};
// A bound parameter. Strings carry text or bytes; decimals, DATE and DATETIME(6) ("2025-09-01 08:00:00.000000", UTC)
// are text.
using Value = std::variant<Null, int64_t, double, std::string>;

// A result set, read forward. Columns count from 0; a column that the statement has not throws (a mistake of the
// program, never of data). Not thread-safe; must not outlive the session that made it.
class Rows {
 public:
  class Impl;
  explicit Rows(std::unique_ptr<Impl> impl);
  Rows(Rows&&) noexcept;
  Rows& operator=(Rows&&) noexcept;
  ~Rows();

  bool Next();
  bool IsNull(int column) const;
  int64_t Int(int column) const;
  double Double(int column) const;
  // Text or bytes; empty for NULL.
  std::string Text(int column) const;

 private:
  std::unique_ptr<Impl> impl_;
};

// A connection in somebody's hands. Statements are prepared once per connection and cached by their text; parameters
// are always bound. Failures: DEADLINE_EXCEEDED, reason DATABASE_TIMEOUT (the statement was killed at the deadline);
// ALREADY_EXISTS, reason DUPLICATE_KEY (1062, with metadata "key" = index name); ABORTED, reason DATABASE_CONFLICT
// (1213, 1205); UNAVAILABLE, reason DATABASE_UNAVAILABLE (no connection, or lost where nothing can have been written:
// in a query, or before COMMIT); UNKNOWN, reason DATABASE_OUTCOME_UNKNOWN (lost while Execute ran outside a
// transaction); INTERNAL, reason DATABASE_ERROR, otherwise. After a failure other than ALREADY_EXISTS and INTERNAL
// every further call returns the same status.
class Session {
 public:
  virtual ~Session() = default;
  // Queries only read or lock (SELECT). Several Rows may be open at once, also of the same text.
  virtual absl::StatusOr<Rows> Query(absl::string_view sql, const std::vector<Value>& parameters = {}) = 0;
  // Affected rows; an UPDATE that changes nothing affects none. Without parameters the text is not prepared.
  virtual absl::StatusOr<int64_t> Execute(absl::string_view sql, const std::vector<Value>& parameters = {}) = 0;
  // AUTO_INCREMENT of the last INSERT (the first row's, for several rows).
  virtual absl::StatusOr<int64_t> LastInsertId() = 0;
};

// A session inside the caller's transaction.
class Tx : public Session {};

}  // namespace edudelta::db
