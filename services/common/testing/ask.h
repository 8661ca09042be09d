#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/db/pool.h"

namespace edudelta::testing {

// The first column of every row as text, with blanks between.
absl::StatusOr<std::string> Ask(db::Pool& pool, const std::string& sql);

}  // namespace edudelta::testing
