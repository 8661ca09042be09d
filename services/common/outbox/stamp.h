#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/session.h"

// The statements of the relay. Those that write must be in a transaction that holds the relay's lease.
namespace edudelta::outbox {

struct Unpublished {
  int64_t row_id = 0;
  std::string dataset;
  std::string district;
};

// Committed events without a position, in the order of row_id, from the very first: an event that commits late has a
// low row_id, and an event of the same resource after it must not overtake it.
absl::StatusOr<std::vector<Unpublished>> ReadUnpublished(db::Session& session, int limit);

// Gives the next positions and sequences, in the given order. ABORTED, reason OUTBOX_ROWS_MOVED, when one of the rows
// has got its position since it was read.
absl::Status Stamp(db::Tx& tx, const Unpublished* events, size_t count);

// Deletes the oldest published events, at most `limit`, as far as they are older than `keep`; notes per dataset and
// district up to which position. How many.
absl::StatusOr<int64_t> DeletePublished(db::Tx& tx, absl::Duration keep, int limit);

struct Backlog {
  int64_t unpublished = 0;
  // Age of the first of them.
  absl::Duration lag;
};
absl::StatusOr<Backlog> ReadBacklog(db::Session& session);

}  // namespace edudelta::outbox
