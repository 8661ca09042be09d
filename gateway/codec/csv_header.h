#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/codec/sheet.h"

namespace edudelta::gateway::codec {

// So many rows may stand above the headers: a title, who filled it in, "sep=,".
constexpr int kMostTitles = 5;

// The column that a header means; what it says in brackets must be true of that column. Null when there is none.
const Sheet::Column* FindHeader(const Sheet& sheet, absl::string_view header);

// Whether one of the texts is a header at least. No other row is taken for one, or repeated in an error: it may be of a
// person.
bool HasHeader(const Sheet& sheet, const std::vector<std::string>& texts);

// By text; null where it is empty. `known_ids`: those that the import's parent tells. Fails with CSV_HEADER_UNKNOWN,
// which tells where, and repeats the text only of a row whose cells are headers for the most part; with
// CSV_HEADER_DUPLICATE or CSV_HEADER_MISSING.
absl::Status BindHeaders(const Sheet& sheet, const std::vector<std::string>& known_ids,
                         const std::vector<std::string>& texts, std::vector<const Sheet::Column*>* columns);

// CSV_HEADER_MISSING, of a file in whose first rows there is none.
absl::Status NoHeaders(const Sheet& sheet, const std::vector<std::string>& known_ids);

}  // namespace edudelta::gateway::codec
