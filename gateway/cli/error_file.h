#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/cli/json.h"

namespace edudelta::gateway::cli {

struct RowError {
  // Line of the file on which the row begins, from 1.
  int64_t row = 0;
  // Field name; empty when the whole row is meant.
  std::string column;
  std::string value;
  std::string reason;
  std::string message;
};

// From an ImportResponse, without values.
std::vector<RowError> ReadErrors(const Json& response);

struct ImportedFile {
  std::string path;
  bool ndjson = false;
  // "utf-8", "gb18030" or "auto": found out from the beginning.
  std::string encoding = "auto";
  // For a column, the headers it may stand under besides its own name.
  std::map<std::string, std::vector<std::string>> headers{};
};

// Fills in the values from the file itself, which has what the server may not repeat. A cell that cannot be found stays
// empty; bytes that cannot be decoded become "?".
absl::Status FindValues(const ImportedFile& imported, std::vector<RowError>* errors);

// CSV, UTF-8 with BOM: row,column,value,reason,message. A value that begins a formula gets a leading quote mark.
std::string WriteErrors(const std::vector<RowError>& errors);

}  // namespace edudelta::gateway::cli
