#pragma once

#include <cstdint>
#include <istream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/cli/json.h"

namespace edudelta::gateway::cli {

struct RowError {
  // Of the file, from 1: a record of CSV is one row, however many line breaks it has, and so is a blank line.
  int64_t row = 0;
  // Field name; empty when the whole row is meant.
  std::string column;
  std::string value;
  std::string reason;
  std::string message;
  // What the file's header, or else the catalogue, calls the column; empty when that is its name, or unknown.
  std::string label{};
};

// From an ImportResponse, without values: its `list`, "errors" or "warnings".
std::vector<RowError> ReadErrors(const Json& response, const char* list = "errors");

struct ImportedFile {
  // Read from where it stands to its end.
  std::istream& file;
  bool ndjson = false;
  // "utf-8", "gb18030" or "auto": found out from the beginning.
  std::string encoding = "auto";
  // For a column, the headers it may stand under besides its own name.
  std::map<std::string, std::vector<std::string>> headers{};
};

// Fills in the labels, and the values from the file itself, which has what the server may not repeat. A cell that
// cannot be found stays empty; bytes that cannot be decoded become "?".
void FindValues(const ImportedFile& imported, std::vector<RowError>* errors);

// "第 3 行 办学类型（kind）：…（CODE_UNKNOWN）"
std::string ErrorLine(const RowError& error);
// CSV, UTF-8 with BOM: row,column,value,reason,message,label. A value that begins a formula gets a leading quote mark.
std::string WriteErrors(const std::vector<RowError>& errors);

}  // namespace edudelta::gateway::cli
