#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/codec/json.h"
#include "gateway/codec/json_scalar.h"
#include "gateway/codec/sheet.h"
#include "google/protobuf/message.h"

namespace edudelta::gateway::codec {

// Sets the column's field from a cell that is not empty and has no blanks around it. `ids` are the row's ids, by
// variable of the sheet's pattern; they complete a reference given as a bare id.
Flaw ReadCell(const Sheet& sheet, const Sheet::Column& column, absl::string_view cell,
              const std::vector<std::string>& ids, const JsonCodec& json, google::protobuf::Message* row);

// What a number or a word is read as: 2025 for "2025.0", the code for its label. The cell itself where it is neither.
std::string WordOf(const Sheet& sheet, const Sheet::Column& column, absl::string_view cell, const JsonCodec& json);

// What stands in the cell of an export, not yet quoted, and so that no spreadsheet runs it. Empty for an unset field.
// Items of a list are parted by semicolons; one within an item, and a backslash, have a backslash in front.
std::string CellOf(const Sheet::Column& column, const google::protobuf::Message& row, const JsonCodec& json);

}  // namespace edudelta::gateway::codec
