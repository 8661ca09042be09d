#include "common/resource/tree.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/resource/check.h"
#include "common/resource/fields.h"

namespace edudelta::resource {

std::vector<const Column*> TreeColumns(const Table& table) {
  std::vector<const Column*> columns;
  for (const Column& column : table.columns()) {
    if (describe::Has(*column.options, options::v1::Field::OUTPUT_ONLY)) continue;
    if (absl::c_linear_search(column.options->reference(), table.dataset())) columns.push_back(&column);
  }
  return columns;
}

absl::Status CheckTree(db::Tx& tx, const Table& table, const Store& store, const Column& column,
                       const std::vector<const google::protobuf::Message*>& rows, std::vector<absl::Status*> each) {
  // By name: what is written now, and what was read on the way.
  absl::flat_hash_map<std::string, std::string> parents;
  for (const auto* row : rows) parents[NameOf(*row)] = TextOf(*row, column.name);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!each[i]->ok()) continue;
    const std::string start = NameOf(*rows[i]);
    absl::flat_hash_set<std::string> passed = {start};
    for (std::string at = parents[start]; !at.empty();) {
      if (at == start) {
        *each[i] = Invalid(column.name, "REFERENCE_CIRCLE",
                           absl::StrCat(column.options->label(), "不能是自己，也不能是自己的下级"));
        break;
      }
      // A circle that does not lead through this row.
      if (!passed.insert(at).second) break;
      auto known = parents.find(at);
      if (known == parents.end()) {
        const auto ids = IdsOf(table, at);
        if (!ids.ok()) break;
        ASSIGN_OR_RETURN(const std::optional<Row> found, store.Hold(tx, *ids));
        known = parents.emplace(at, found ? TextOf(*found->message, column.name) : "").first;
      }
      at = known->second;
    }
  }
  return absl::OkStatus();
}

}  // namespace edudelta::resource
