#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/codec/charset.h"
#include "gateway/codec/import.h"

namespace edudelta::gateway::codec {

// So much of a file is waited for before it is read.
constexpr size_t kHeadBytes = 64 << 10;

enum class Format { kCsv, kNdjson };

// How a file is written: as told, or found out from its head.
struct Encoding {
  Charset charset = Charset::kUtf8;
  // From bytes alone.
  bool guessed = false;
};

// Takes a byte order mark off `head`. `whole`: the head is the file. Fails with FILE_IS_UTF16, FILE_IS_WORKBOOK or
// ENCODING_UNKNOWN.
absl::Status ReadHead(const ImportSource& source, Format format, bool whole, absl::string_view* head,
                      Encoding* encoding);

// IMPORT_TOO_MANY_ROWS.
absl::Status TooManyRows(const ImportSource& source);

// CSV_SEPARATOR_NOT_COMMA when the header has no comma, but known words between tabs or semicolons.
absl::Status CheckSeparator(const Sheet& sheet, const Encoding& encoding, absl::string_view head);

}  // namespace edudelta::gateway::codec
