#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace edudelta::db {

// "2026-11-21 20:00:00.000000", UTC, as the database reads and writes DATETIME(6). What is finer than a microsecond is
// cut off.
std::string SqlTime(absl::Time time);
// The epoch for anything else.
absl::Time ParseSqlTime(absl::string_view text);

}  // namespace edudelta::db
