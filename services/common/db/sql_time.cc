#include "common/db/sql_time.h"

namespace edudelta::db {

std::string SqlTime(absl::Time time) { return absl::FormatTime("%Y-%m-%d %H:%M:%E6S", time, absl::UTCTimeZone()); }

absl::Time ParseSqlTime(absl::string_view text) {
  absl::Time time;
  if (!absl::ParseTime("%Y-%m-%d %H:%M:%E*S", text, absl::UTCTimeZone(), &time, nullptr)) return absl::UnixEpoch();
  return time;
}

}  // namespace edudelta::db
