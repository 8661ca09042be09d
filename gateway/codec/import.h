#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "edudelta/resource/v1/import.pb.h"
#include "gateway/codec/json.h"
#include "gateway/codec/seen_rows.h"
#include "gateway/codec/sheet.h"
#include "google/protobuf/message.h"

namespace edudelta::gateway::codec {

struct ImportRow {
  // Of the file, as a spreadsheet counts.
  int64_t row = 0;
  std::unique_ptr<google::protobuf::Message> message;
  // What a row of NDJSON says, whatever the values; none for CSV, where Columns() tells it of all rows.
  std::optional<Fields> said{};
};

// Turns the pieces of an import's body into rows as they come. One thread at a time.
//
// A row that cannot be read becomes an error and the next row is taken; so does a row that names the same resource as
// one before it. Only what makes the rest unreadable ends the import: Feed or Finish then fails with INVALID_ARGUMENT
// (CSV_HEADER_UNKNOWN, CSV_HEADER_MISSING, CSV_HEADER_DUPLICATE, CSV_TOO_MANY_COLUMNS, CSV_SEPARATOR_NOT_COMMA,
// CSV_SYNTAX, FILE_IS_UTF16, FILE_IS_WORKBOOK, ROW_TOO_LONG, IMPORT_TOO_MANY_ROWS, ENCODING_UNKNOWN, PARENT_INVALID,
// IMPORT_EMPTY), and the reader is not used again. Reasons of rows: UNDECODABLE_BYTES, ID_MISSING, ID_INVALID,
// ID_MANGLED_BY_SPREADSHEET, NAME_INVALID, ROW_REPEATED, ROW_TOO_MANY_CELLS, ROW_TOO_FEW_CELLS, VALUE_NOT_A_NUMBER,
// VALUE_NOT_A_BOOLEAN, NUMBER_OUT_OF_RANGE, DATE_INVALID, DATE_AMBIGUOUS, TIME_INVALID, ENUM_UNKNOWN,
// CODE_MANGLED_BY_SPREADSHEET, REFERENCE_INVALID, and those of JsonCodec::Read. No error shows a value of an L3 or L4
// field.
class ImportReader {
 public:
  virtual ~ImportReader() = default;

  virtual absl::Status Feed(absl::string_view piece) = 0;
  // After the last piece.
  virtual absl::Status Finish() = 0;

  // Names of the fields that the file has columns for, once its header has been read; empty for NDJSON, whose rows
  // differ.
  const std::vector<std::string>& Columns() const { return columns_read_; }

  // Of the file, from 1: the row that is being read, or that could not be. A record of CSV is one row, however many
  // line breaks it has, and so is a blank line.
  int64_t Line() const { return line_; }

  // What has been read since the last call, in order of rows.
  std::vector<ImportRow> TakeRows() { return std::exchange(rows_, {}); }
  std::vector<resource::v1::RowError> TakeErrors() { return std::exchange(errors_, {}); }
  // What rows say and nobody takes, though they are read: FIELD_NOT_IMPORTED, COLUMN_WITHOUT_HEADER.
  std::vector<resource::v1::RowError> TakeWarnings() { return std::exchange(warnings_, {}); }

 protected:
  std::vector<ImportRow> rows_;
  std::vector<resource::v1::RowError> errors_;
  std::vector<resource::v1::RowError> warnings_;
  std::vector<std::string> columns_read_;
  int64_t line_ = 1;
  SeenRows seen_rows_;
};

struct ImportSource {
  // Kept by reference; both outlive the reader.
  const Sheet* sheet = nullptr;
  const JsonCodec* json = nullptr;
  // "districts/310114/schools/-": a wildcard's id stands in a column of each row.
  std::string parent;
  // "utf-8", "gb18030" (also gbk, gb2312) or empty: of CSV found out from the first 64 KiB, of NDJSON UTF-8.
  std::string charset;
  size_t max_row_bytes = 1 << 20;
  // Different resources that one file may name: they are remembered, in about 50 bytes each.
  size_t max_rows = 1'000'000;
};

std::unique_ptr<ImportReader> MakeCsvReader(ImportSource source);
// One JSON object a line; its `name` is the whole name, or absent when `id` cannot be told: then ID_MISSING.
std::unique_ptr<ImportReader> MakeNdjsonReader(ImportSource source);

// Adds errors found while reading to the service's answer: counts, and the first 1,000 in order of rows.
void MergeErrors(const std::vector<resource::v1::RowError>& errors, resource::v1::ImportResponse* response);
// The same of warnings.
void MergeWarnings(const std::vector<resource::v1::RowError>& warnings, resource::v1::ImportResponse* response);

}  // namespace edudelta::gateway::codec
