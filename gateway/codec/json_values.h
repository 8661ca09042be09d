#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// The texts of single values in protobuf's JSON mapping. Parsers return false when the text is none; they are strict:
// the whole text, no spaces, no plus sign.
namespace edudelta::gateway::codec {

enum class NumberError { kNone, kNotANumber, kOutOfRange };

// `real`: integers also as 1.0 and 1e3, which JSON allows outside quotes, when the value is exact.
NumberError ParseInt64(absl::string_view text, bool real, int64_t* value);
NumberError ParseUint64(absl::string_view text, bool real, uint64_t* value);
NumberError ParseInt32(absl::string_view text, bool real, int32_t* value);
NumberError ParseUint32(absl::string_view text, bool real, uint32_t* value);
// `names`: also NaN, Infinity and -Infinity.
NumberError ParseDouble(absl::string_view text, bool names, double* value);
NumberError ParseFloat(absl::string_view text, bool names, float* value);

// The shortest text that reads back as the same number.
std::string FormatDouble(double value);
std::string FormatFloat(float value);

// A day of the proleptic Gregorian calendar, years 1 to 9999.
bool IsDay(int year, int month, int day);
// "2025-09-01".
bool ParseDate(absl::string_view text, int* year, int* month, int* day);
// `at` takes 10 bytes or more; returns the end.
char* FormatDate(int year, int month, int day, char* at);

// RFC 3339 with Z or an offset, 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z.
bool ParseTimestamp(absl::string_view text, int64_t* seconds, int32_t* nanos);
// In UTC, with 0, 3, 6 or 9 digits. `at` takes 32 bytes; nullptr when out of range.
char* FormatTimestamp(int64_t seconds, int32_t nanos, char* at);

// "3.5s".
bool ParseDuration(absl::string_view text, int64_t* seconds, int32_t* nanos);
char* FormatDuration(int64_t seconds, int32_t nanos, char* at);

// "displayName,school.town" (or with underscores) to {"display_name", "school.town"}.
bool ParseFieldMask(absl::string_view text, std::vector<std::string>* paths);
// "display_name" to "displayName". False when the way back would not give the same path.
bool FormatFieldMaskPath(absl::string_view path, std::string* out);

// Standard or web-safe alphabet, with or without padding.
bool ParseBase64(absl::string_view text, std::string* bytes);

}  // namespace edudelta::gateway::codec
