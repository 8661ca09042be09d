#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "gateway/cli/session.h"

// Bulk in and out.
namespace edudelta::gateway::cli {

struct ImportOptions {
  std::string collection;
  // CSV, or NDJSON by its ending (.ndjson, .jsonl); "-" is standard input, NDJSON where it begins with a brace.
  std::string file;
  // "partial", "atomic" or "validate".
  std::string mode = "partial";
  // Where to write the error file; empty for none. Nothing is sent when it cannot be written.
  std::string errors;
  // "auto", "utf-8" or "gb18030".
  std::string encoding = "auto";
  // The fields that are meant; empty for those that the file has.
  std::string mask{};
};
// Exit::kRowErrors when rows were refused; then the answer and the error file are written all the same.
absl::Status ImportFile(Session& session, const ImportOptions& options);

// What an import came to, from its ImportResponse.
std::string OutcomeText(const Json& answer, absl::string_view mode);
// The sentence on `rows` rows that were refused, of whose errors the server listed so many; `file` has them, if it is
// not empty.
std::string RefusedText(int64_t rows, size_t listed, absl::string_view file);

struct ExportOptions {
  std::string collection;
  // "-" is standard output.
  std::string file;
  // "csv" or "ndjson"; empty: by the file's ending.
  std::string format;
  std::string filter;
  std::string read_time;
};
// The file is readable by its owner alone, as rows may tell of persons.
absl::Status ExportFile(Session& session, const ExportOptions& options);

// Rows as NDJSON, upserted; of stored ones the fields of `mask`, absent or not. The server's ImportResponse.
absl::StatusOr<Json> ImportText(Session& session, const std::string& collection, const std::string& ndjson,
                                const std::string& mask);

}  // namespace edudelta::gateway::cli
