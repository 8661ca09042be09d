#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/db/pool.h"
#include "common/resource/engine.h"
#include "common/rpc/call.h"

namespace edudelta::resource {

// A change of the rows that a release finds, which SQL in a migration could not make: each row that `change` changes
// gets a version, its history and its event, so that followers and partners hear of it. It is made once, in batches,
// while the service serves. Programs of the release before may still write rows of the old form when it has passed
// them: where they run beside this one, it belongs to the release after the first that writes the new form.
struct Backfill {
  // "202611271700_split_address"; never used again.
  std::string name;
  // "planning.School"
  std::string dataset;
  // The row as the service stores it, personal fields in clear. Makes the same of a row that it has changed already.
  std::function<absl::Status(Message* row)> change;
};

// Changes the next rows, in one transaction that notes how far it came. True when it was done before, or is now. Any
// number of processes may call it. A failure of `change` fails the batch, and says at which row.
absl::StatusOr<bool> FillBatch(const rpc::Call& call, db::Pool& pool, Engine& engine, const Backfill& backfill);

}  // namespace edudelta::resource
