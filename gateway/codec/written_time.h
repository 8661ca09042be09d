#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "gateway/codec/json_scalar.h"

// Days and instants as people and spreadsheets write them in cells. Cells have no blanks around them.
namespace edudelta::gateway::codec {

// 2024-3-1, 2024/03/01, 2024.3.1 and 2024年3月1日, also with midnight behind, as spreadsheets show some days.
std::optional<absl::CivilDay> WrittenDay(absl::string_view cell);

// The same, 20240301, and the days that spreadsheets count from 1900 (45352), from 1950 to 2099. DATE_AMBIGUOUS: a
// number that may be anything, as 20269 may be a month, two digits for a year, or a day of which month and day cannot
// be told apart. DATE_INVALID.
Flaw ReadDay(absl::string_view cell, absl::CivilDay* day);

// RFC 3339; a day with hours and minutes, which are those of Asia/Shanghai; a spreadsheet's number of days with a
// fraction. TIME_INVALID, DATE_AMBIGUOUS.
Flaw ReadInstant(absl::string_view cell, int64_t* seconds, int32_t* nanos);

// RFC 3339 in Asia/Shanghai: "2026-11-01T00:30:00+08:00". Spreadsheets take it for text, and so keep its seconds.
// Empty when out of range.
std::string LocalInstant(int64_t seconds, int32_t nanos);

}  // namespace edudelta::gateway::codec
