#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace edudelta::gateway::cli {

// Columns that the text takes on a terminal: Chinese characters take two, combining marks none. Bytes that are not
// UTF-8 count one each.
int DisplayWidth(absl::string_view text);
// Cut to at most `width` columns, with "…" at the end when something was cut.
std::string FitTo(absl::string_view text, int width);
// Control characters become blanks: what the server sends must not steer a terminal.
std::string Printable(absl::string_view text);

// For one value of a query, or one name in a path (where `/` and `:` stay).
std::string EncodeQuery(absl::string_view text);
std::string EncodePath(absl::string_view text);
// "/v1/districts/310114/" as people paste it, to "districts/310114".
std::string CleanName(absl::string_view text);
std::string LastSegment(absl::string_view name);

// A random UUID version 4.
std::string NewRequestId();

// 1234567 to "1,234,567".
std::string Grouped(int64_t number);
// "5.8500" to "5.85", "3.0000" to "3".
std::string TrimZeros(std::string decimal);
// 1536 to "1.5 KB".
std::string Bytes(int64_t bytes);
// An RFC 3339 instant as "2026-10-08 09:30:00" in Asia/Shanghai, which has no summer time; the text itself when it is
// none.
std::string LocalTime(absl::string_view instant);

}  // namespace edudelta::gateway::cli
