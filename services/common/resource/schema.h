#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/db/session.h"
#include "common/resource/table.h"

// The SQL tables of resources and of copies, as declarations want them and as the database has them: the one
// description from which CREATE TABLE, the check at start and the drafts of migrations are made.
//
// CheckTable answers FAILED_PRECONDITION with metadata table and column, reason
//   COLUMN_MISSING
//   COLUMN_TYPE       texts and bytes may be longer
//   COLUMN_NULLABLE   either way
//   COLUMN_COLLATION  utf8mb4_bin, ascii_bin for codes, identifiers and names
//   COLUMN_DEFAULT    a column that the declaration does not know would refuse this program's rows
//   KEY_NOT_UNIQUE    the name, or the primary key
//   INDEX_MISSING     a field that is filtered by or names a row, after the district; the name in the history
// A declared column may have any default: every program writes all columns that it knows, so defaults are for others.
namespace edudelta::resource {

// Collation of codes, identifiers and names.
inline constexpr char kAsciiCollation[] = "ascii_bin";

struct SqlColumn {
  std::string name;
  // As information_schema spells it, without the width that MariaDB displays, and with what it is beyond its type:
  // "varchar(120)", "bigint auto_increment".
  std::string type;
  bool nullable = false;
  // Empty when it is no text.
  std::string collation;
  // As SQL, "''".
  std::optional<std::string> default_value = std::nullopt;
  // Null for the columns that every table has.
  const Column* field = nullptr;
};

struct SqlIndex {
  // "PRIMARY" for the primary key.
  std::string name;
  std::vector<std::string> columns;
  bool unique = false;
  // The field that wants it; null for keys.
  const Column* field = nullptr;
};

struct SqlTable {
  std::string name;
  std::vector<SqlColumn> columns;
  std::vector<SqlIndex> indexes;

  const SqlColumn* Find(absl::string_view column) const;
};

// The resource's table, and its history where it keeps one.
std::vector<SqlTable> TablesOf(const Table& table);

// As the database has it; without columns when there is no such table.
absl::StatusOr<SqlTable> ReadTable(db::Session& session, const std::string& name);

// "`kind` INT NOT NULL", with the default if it has one.
std::string DefinitionOf(const SqlColumn& column);
// "UNIQUE KEY `uk_school_name` (`district_id`, `school_id`)"
std::string DefinitionOf(const SqlIndex& index);
enum class Exists { kRefuse, kLeave };
std::string CreateSql(const SqlTable& table, Exists exists = Exists::kRefuse);

// Whether `found` is as the declaration wants it.
absl::Status CheckTable(const SqlTable& declared, const SqlTable& found);

// A column that every table of its kind has; its type, of the form of SqlColumn::type.
SqlColumn FixedColumn(const std::string& name, const std::string& type, const std::string& collation = "");
// The column of one field.
SqlColumn ColumnOf(const Column& column);

// What programs that do not know the column yet write into it; none where it may be NULL.
std::optional<std::string> DefaultOf(const Column& column);

// The column of the database holds whatever the declaration lets through: its type, or a longer one of texts and bytes,
// since the program of before runs on a schema that was widened already.
bool Holds(const std::string& found, const std::string& declared);
// "bigint" for MariaDB's "bigint(20)", "bigint unsigned" for "bigint(20) unsigned".
std::string PlainType(absl::string_view type);

// Whether the table has an index with exactly these columns, or one that begins with them.
bool HasUnique(const SqlTable& found, const std::vector<std::string>& columns);
bool HasIndex(const SqlTable& found, const std::vector<std::string>& start);

}  // namespace edudelta::resource
