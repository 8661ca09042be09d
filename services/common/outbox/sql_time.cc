#include "common/outbox/sql_time.h"

#include "absl/time/time.h"
#include "common/base/error.h"

namespace edudelta::outbox {

absl::StatusOr<google::protobuf::Timestamp> TimestampFromSql(absl::string_view text) {
  absl::Time time;
  if (!absl::ParseTime("%Y-%m-%d %H:%M:%E*S", text, absl::UTCTimeZone(), &time, nullptr)) {
    return Error(absl::StatusCode::kInternal, "SQL_TIME_MALFORMED", "数据库时间格式不正确");
  }
  google::protobuf::Timestamp result;
  const int64_t seconds = absl::ToUnixSeconds(time);
  result.set_seconds(seconds);
  result.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return result;
}

std::string TimestampToSql(const google::protobuf::Timestamp& time) {
  const absl::Time at = absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
  return absl::FormatTime("%Y-%m-%d %H:%M:%E6S", at, absl::UTCTimeZone());
}

}  // namespace edudelta::outbox
