#include "common/resource/schema.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/base/status.h"

namespace edudelta::resource {
namespace {

constexpr char kText[] = "utf8mb4_bin";
constexpr char kPrimary[] = "PRIMARY";

std::string CollationOf(const Column& column) {
  if (column.storage == Storage::kJson) return kText;
  if (column.storage != Storage::kText) return "";
  return column.ascii() ? kAsciiCollation : kText;
}

std::vector<SqlColumn> ColumnsOf(const Table& table) {
  std::vector<SqlColumn> columns = {FixedColumn("row_id", "bigint"), FixedColumn("version", "bigint"),
                                    FixedColumn("create_time", "datetime(6)"),
                                    FixedColumn("update_time", "datetime(6)")};
  for (const std::string& key : table.keys()) {
    columns.push_back(FixedColumn(key, key == "district_id" ? "char(6)" : "varchar(63)", kAsciiCollation));
  }
  for (const Column& column : table.columns()) {
    columns.push_back(ColumnOf(column));
    if (!column.searchable) continue;
    columns.push_back(FixedColumn(column.name + "_index", "binary(32)"));
    columns.back().nullable = true;
    columns.back().field = &column;
  }
  return columns;
}

// Filters look for values in a district; so does the check, before a row goes, that nobody names it.
bool IsLookedFor(const Column& column) { return column.options->filterable() || column.options->reference_size() > 0; }

std::string QuotedList(const std::vector<std::string>& names) {
  return absl::StrCat("`", absl::StrJoin(names, "`, `"), "`");
}

// 120 of "varchar(120)"; 0 of types that are not `family`.
int Length(absl::string_view type, absl::string_view family) {
  int length = 0;
  if (!absl::ConsumePrefix(&type, family) || !absl::ConsumePrefix(&type, "(") || !absl::ConsumeSuffix(&type, ")")) {
    return 0;
  }
  return absl::SimpleAtoi(type, &length) ? length : 0;
}

// MariaDB keeps SQL, MySQL the text itself.
std::string DefaultSql(const std::string& text, bool quoted) {
  if (!quoted || absl::StartsWith(text, "'")) return text;
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "''"}}), "'");
}

}  // namespace

SqlColumn FixedColumn(const std::string& name, const std::string& type, const std::string& collation) {
  SqlColumn column;
  column.name = name;
  column.type = type;
  column.collation = collation;
  return column;
}

SqlColumn ColumnOf(const Column& column) {
  SqlColumn sql = FixedColumn(column.name, SqlType(column), CollationOf(column));
  sql.nullable = column.nullable;
  sql.field = &column;
  return sql;
}

const SqlColumn* SqlTable::Find(absl::string_view column) const {
  const auto found = absl::c_find_if(columns, [&](const SqlColumn& one) { return one.name == column; });
  return found == columns.end() ? nullptr : &*found;
}

std::vector<SqlTable> TablesOf(const Table& table) {
  SqlTable own = {table.name(), ColumnsOf(table), {}};
  SqlTable history = {table.name() + "_history", own.columns, {}};
  own.columns.front().type = "bigint auto_increment";
  own.indexes.push_back({kPrimary, {"row_id"}, true});
  own.indexes.push_back({absl::StrCat("uk_", own.name, "_name"), table.keys(), true});
  for (const Column& column : table.columns()) {
    if (!IsLookedFor(column)) continue;
    SqlIndex index = {absl::StrCat("ix_", own.name, "_", column.name), {}, false, &column};
    if (table.has_district()) index.columns.push_back("district_id");
    index.columns.push_back(column.searchable ? column.name + "_index" : column.name);
    own.indexes.push_back(std::move(index));
  }
  if (!table.keeps_history()) return {own};
  history.columns.push_back(FixedColumn("history_to", "datetime(6)"));
  history.indexes.push_back({kPrimary, {"row_id", "version"}, true});
  SqlIndex past = {absl::StrCat("ix_", history.name, "_name"), table.keys(), false};
  past.columns.push_back("history_to");
  history.indexes.push_back(std::move(past));
  // Reads of a district as it was pass over the versions that were replaced before, be they years of them.
  if (table.has_district() && table.keys().size() > 1) {
    history.indexes.push_back({absl::StrCat("ix_", history.name, "_time"), {"district_id", "history_to"}, false});
  }
  return {own, history};
}

absl::StatusOr<SqlTable> ReadTable(db::Session& session, const std::string& name) {
  SqlTable table;
  table.name = name;
  ASSIGN_OR_RETURN(db::Rows columns,
                   session.Query("SELECT column_name, column_type, extra, is_nullable, collation_name, column_default "
                                 "FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? "
                                 "ORDER BY ordinal_position",
                                 {name}));
  while (columns.Next()) {
    // MySQL's word for a default that is no constant.
    const std::string extra = absl::StrReplaceAll(absl::AsciiStrToLower(columns.Text(2)), {{"default_generated", ""}});
    SqlColumn column = FixedColumn(columns.Text(0), PlainType(columns.Text(1)), columns.Text(4));
    absl::StrAppend(&column.type, extra.empty() ? "" : " ", extra);
    absl::StripTrailingAsciiWhitespace(&column.type);
    column.nullable = columns.Text(3) == "YES";
    // MariaDB says "NULL" for a column that may be NULL.
    if (!columns.IsNull(5) && columns.Text(5) != "NULL") {
      column.default_value = DefaultSql(columns.Text(5), !column.collation.empty());
    }
    table.columns.push_back(std::move(column));
  }
  ASSIGN_OR_RETURN(db::Rows parts,
                   session.Query("SELECT index_name, column_name, sub_part, non_unique FROM "
                                 "information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ? "
                                 "ORDER BY index_name, seq_in_index",
                                 {name}));
  while (parts.Next()) {
    if (table.indexes.empty() || table.indexes.back().name != parts.Text(0)) {
      table.indexes.push_back({parts.Text(0), {}, parts.Int(3) == 0});
    }
    // An index over the beginnings of values is no index over the values.
    table.indexes.back().columns.push_back(parts.IsNull(2) ? parts.Text(1)
                                                           : absl::StrCat(parts.Text(1), "(", parts.Int(2), ")"));
  }
  return table;
}

std::string DefinitionOf(const SqlColumn& column) {
  const std::string full = absl::AsciiStrToUpper(column.type);
  absl::string_view type = full;
  const bool counts = absl::ConsumeSuffix(&type, " AUTO_INCREMENT");
  std::string sql = absl::StrCat("`", column.name, "` ", type);
  if (column.collation == kAsciiCollation) absl::StrAppend(&sql, " CHARACTER SET ascii COLLATE ascii_bin");
  absl::StrAppend(&sql, column.nullable ? " NULL" : " NOT NULL", counts ? " AUTO_INCREMENT" : "");
  if (column.default_value.has_value()) absl::StrAppend(&sql, " DEFAULT ", *column.default_value);
  return sql;
}

std::string DefinitionOf(const SqlIndex& index) {
  const std::string columns = absl::StrCat("(", QuotedList(index.columns), ")");
  if (index.name == kPrimary) return absl::StrCat("PRIMARY KEY ", columns);
  return absl::StrCat(index.unique ? "UNIQUE " : "", "KEY `", index.name, "` ", columns);
}

std::string CreateSql(const SqlTable& table, Exists exists) {
  std::vector<std::string> lines;
  for (const SqlColumn& column : table.columns) lines.push_back(DefinitionOf(column));
  for (const SqlIndex& index : table.indexes) lines.push_back(DefinitionOf(index));
  return absl::StrCat("CREATE TABLE ", exists == Exists::kLeave ? "IF NOT EXISTS `" : "`", table.name, "` (\n  ",
                      absl::StrJoin(lines, ",\n  "), "\n) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;\n");
}

std::optional<std::string> DefaultOf(const Column& column) {
  if (column.nullable) return std::nullopt;
  return column.storage == Storage::kText ? "''" : "0";
}

bool Holds(const std::string& found, const std::string& declared) {
  if (found == declared) return true;
  for (absl::string_view family : {"varchar", "varbinary"}) {
    const int length = Length(declared, family);
    if (length > 0 && Length(found, family) > length) return true;
  }
  return false;
}

std::string PlainType(absl::string_view type) {
  std::string plain = absl::AsciiStrToLower(type);
  const size_t open = plain.find('(');
  if (open == std::string::npos || !absl::EndsWith(plain.substr(0, open), "int")) return plain;
  return plain.erase(open, plain.find(')') + 1 - open);
}

bool HasUnique(const SqlTable& found, const std::vector<std::string>& columns) {
  return absl::c_any_of(found.indexes, [&](const SqlIndex& index) { return index.unique && index.columns == columns; });
}

bool HasIndex(const SqlTable& found, const std::vector<std::string>& start) {
  return absl::c_any_of(found.indexes, [&](const SqlIndex& index) {
    return index.columns.size() >= start.size() && std::equal(start.begin(), start.end(), index.columns.begin());
  });
}

std::string Table::Ddl() const {
  std::string sql;
  for (const SqlTable& table : TablesOf(*this)) sql += CreateSql(table);
  return sql;
}

}  // namespace edudelta::resource
