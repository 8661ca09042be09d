#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/field_cipher.h"
#include "common/db/session.h"
#include "common/resource/table.h"

namespace edudelta::resource {

// One row that is about to be written, or was in this transaction.
struct Arrival {
  // Null for a new row.
  const google::protobuf::Message* old = nullptr;
  google::protobuf::Message* next = nullptr;
  // Whether its writer may be told that a stored row has the same personal value before the row is written. Whoever
  // sees such values masked only may learn it by a write alone, which lasts and is seen; what is only tried on tells
  // nothing.
  bool tell = false;
  absl::Status status = {};
};

// What Resource.unique declares: keeps two rows of a district from having the same values. A row is refused for values
// that it brings, never for those that it has: a register may have doubles from earlier, which are then put right one
// by one. No key of the table does it, but a look at the others' rows once the own ones are written: two transactions
// that write the same see each other's locks. Thread-safe.
class UniqueKeys {
 public:
  // Both outlive it.
  UniqueKeys(const Table& table, const crypto::FieldCipher& cipher) : table_(table), cipher_(cipher) {}

  // Before the rows are written: gives them what they have in common with others (Unique.common), and refuses those
  // that repeat an earlier one of `rows` or, where it may be told, a stored one. ALREADY_EXISTS, reason <TYPE>_EXISTS.
  // Rows with a status are left out. Failures: those of the database.
  absl::Status Prepare(db::Tx& tx, std::vector<Arrival>* rows) const;
  // After it: the same for all stored rows. ABORTED, reason DATABASE_CONFLICT, when others came meanwhile that have
  // something in common with these.
  absl::Status CheckWritten(db::Tx& tx, const std::vector<Arrival>& rows) const;

 private:
  // A stored row as far as a key is concerned.
  struct Stored {
    std::string name;
    bool counts = false;
    std::string common;
  };
  // By value.
  using Others = std::multimap<std::string, Stored>;

  std::optional<std::string> ValueOf(const google::protobuf::Message& row, const UniqueKey& key) const;
  // The value that each row brings: that it did not have, or with which it did not count.
  std::vector<std::optional<std::string>> Brought(const UniqueKey& key, const std::vector<Arrival>& rows) const;
  absl::StatusOr<Others> Find(db::Tx& tx, const UniqueKey& key, const std::vector<Arrival>& rows,
                              const std::vector<std::optional<std::string>>& brought) const;
  // What stands beside those that bring a value: of `rows` those alone that are left with theirs.
  absl::StatusOr<Others> OthersOf(db::Tx& tx, const UniqueKey& key, const std::vector<Arrival>& rows,
                                  const std::vector<std::optional<std::string>>& brought) const;
  absl::Status Taken(const UniqueKey& key) const;

  const Table& table_;
  const crypto::FieldCipher& cipher_;
};

}  // namespace edudelta::resource
