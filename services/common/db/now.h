#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/db/session.h"

namespace edudelta::db {

// The database's clock, as SqlTime: the time of every row that a transaction writes.
absl::StatusOr<std::string> Now(Session& session);

}  // namespace edudelta::db
