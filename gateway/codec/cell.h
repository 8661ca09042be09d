#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/codec/json.h"
#include "gateway/codec/json_scalar.h"
#include "gateway/codec/sheet.h"
#include "google/protobuf/message.h"

namespace edudelta::gateway::codec {

// Sets the column's field from a cell that is not empty. `ids` are the row's ids, by variable of the sheet's pattern;
// they complete a reference given as a bare id.
Flaw ReadCell(const Sheet& sheet, const Sheet::Column& column, absl::string_view cell,
              const std::vector<std::string>& ids, const JsonCodec& json, google::protobuf::Message* row);

// What stands in the cell of an export, not yet quoted. Empty for an unset field.
std::string CellOf(const Sheet::Column& column, const google::protobuf::Message& row, const JsonCodec& json);

// Spreadsheets run cells that begin like this as formulas. Quote marks in front do not count, so that one more of them
// can be put on by an export and taken off by an import whatever the text is.
bool LooksLikeFormula(absl::string_view cell);

}  // namespace edudelta::gateway::codec
