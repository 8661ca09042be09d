#include "common/service/sql_shape.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/resource/row.h"
#include "common/resource/schema.h"

namespace edudelta::service {
namespace {

using resource::SqlTable;

// What the text says of one resource, and what stands for it. In order: the longer ones first, in which the shorter
// ones stand, too.
using Elided = std::vector<std::pair<std::string, std::string>>;

std::string Quoted(const std::vector<std::string>& names) {
  return absl::StrCat("`", absl::StrJoin(names, "`, `"), "`");
}

// Each name with what stands around it.
std::string Each(const std::vector<std::string>& names, absl::string_view before, absl::string_view after,
                 absl::string_view between) {
  return absl::StrCat(before, absl::StrJoin(names, absl::StrCat(after, between, before)), after);
}

// The parts of CREATE TABLE that pick(column or index) picks, as they stand there.
template <typename Part, typename Picks>
std::string Definitions(const std::vector<Part>& parts, Picks picks) {
  std::string text;
  for (const Part& part : parts) {
    if (picks(part)) absl::StrAppend(&text, ",\n  ", resource::DefinitionOf(part));
  }
  return text;
}

// Of the table; its history says the same, or its text stays.
Elided OfTables(const resource::Table& table) {
  const SqlTable sql = resource::TablesOf(table).front();
  const auto own = [](const auto& part) { return part.field != nullptr; };
  const auto key = [&](const resource::SqlColumn& column) { return absl::c_linear_search(table.keys(), column.name); };
  return {{Definitions(sql.columns, own), ",\n  <columns>"},
          {Definitions(sql.columns, key), ",\n  <keys>"},
          {Definitions(sql.indexes, own), ",\n  <indexes>"}};
}

// Of statements that read rows, without blind indexes, or of those that write them.
Elided OfStatements(const resource::Table& table, bool reads) {
  std::vector<std::string> columns;
  if (reads) {
    for (const resource::Column& column : table.columns()) columns.push_back(column.name);
  } else {
    for (const std::string& name : resource::ColumnNames(table)) columns.push_back(name.substr(1, name.size() - 2));
  }
  const std::string marks = absl::StrJoin(std::vector<std::string>(table.keys().size() + columns.size(), "?"), ", ");
  return {{Each(table.keys(), "r.`", "` = ?", " AND "), "r.<keys> = ?"},
          {Each(table.keys(), "`", "` = ?", " AND "), "<keys> = ?"},
          {Each(columns, "`", "` = ?", ", "), "<columns> = ?"},
          {absl::StrCat(marks, ")"), "<?>)"},
          {absl::StrCat(Quoted(table.keys()), ", ", Quoted(columns)), "<keys>, <columns>"}};
}

std::string Elide(std::string text, const resource::Table& table, const Elided& elided) {
  for (const auto& [from, to] : elided) {
    if (!from.empty()) text = absl::StrReplaceAll(text, {{from, to}});
  }
  return absl::StrReplaceAll(text, {{Quoted(table.keys()), "<keys>"},
                                    {absl::StrCat("`", table.name(), "_history`"), "<table>_history"},
                                    {absl::StrCat("`", table.name(), "`"), "<table>"},
                                    {absl::StrCat("_", table.name(), "_"), "_<table>_"}});
}

std::string Statements(const resource::Table& table,
                       const std::vector<std::pair<std::string, std::string>>& statements) {
  std::string text;
  for (const auto& [purpose, sql] : statements) {
    const bool reads = purpose == "get" || purpose == "lock" || purpose == "versions";
    absl::StrAppend(&text, purpose, ": ", Elide(sql, table, OfStatements(table, reads)), "\n");
  }
  return text;
}

}  // namespace

std::vector<std::string> SqlShapes(const resource::Engine& engine) {
  const resource::Table& table = engine.table();
  std::vector<std::string> texts = {Elide(table.Ddl(), table, OfTables(table)),
                                    Statements(table, engine.store().Texts())};
  if (!engine.transitions().empty()) texts.push_back(Statements(table, engine.transition_log().Texts()));
  return texts;
}

}  // namespace edudelta::service
