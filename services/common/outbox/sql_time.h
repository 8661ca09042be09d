#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/timestamp.pb.h"

namespace edudelta::outbox {

// "2026-11-21 20:00:00.000000", UTC, as the database writes DATETIME(6). INTERNAL, reason SQL_TIME_MALFORMED.
absl::StatusOr<google::protobuf::Timestamp> TimestampFromSql(absl::string_view text);
// Microseconds; what is finer is cut off.
std::string TimestampToSql(const google::protobuf::Timestamp& time);

}  // namespace edudelta::outbox
