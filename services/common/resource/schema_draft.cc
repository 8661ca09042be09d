#include "common/resource/schema_draft.h"

#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/resource/schema.h"

namespace edudelta::resource {
namespace {

absl::Status MustBeWritten(const SqlTable& table, const std::string& column, const std::string& why) {
  return Refused("DRAFT_REFUSED", "这一改变须手写迁移", {{"table", table.name}, {"column", column}, {"why", why}});
}

std::string TypeChange(const SqlColumn& from, const SqlColumn& to) {
  const bool personal = to.field != nullptr && to.field->storage == Storage::kCipher;
  if (personal && !absl::StartsWith(from.type, "varbinary")) return "its level is raised: storage becomes cipher";
  if (Holds(from.type, to.type)) return absl::StrCat("narrowed from ", from.type, " to ", to.type);
  return absl::StrCat("retyped from ", from.type, " to ", to.type);
}

// Appends what makes `found` into `declared`.
absl::Status AlterColumn(const SqlTable& table, const SqlColumn& declared, const SqlColumn& found,
                         std::vector<std::string>& clauses) {
  const bool longer = found.type != declared.type && Holds(declared.type, found.type);
  if (found.type != declared.type && !longer) return MustBeWritten(table, found.name, TypeChange(found, declared));
  if (found.collation != declared.collation) {
    return MustBeWritten(table, found.name, absl::StrCat("collation ", found.collation, ", not ", declared.collation));
  }
  if (found.nullable && !declared.nullable) return MustBeWritten(table, found.name, "NULL is no longer allowed");
  if (!longer && found.nullable == declared.nullable) return absl::OkStatus();
  SqlColumn altered = declared;
  altered.default_value = found.default_value;
  clauses.push_back(absl::StrCat("MODIFY COLUMN ", DefinitionOf(altered)));
  return absl::OkStatus();
}

absl::Status AddColumn(const SqlTable& table, const SqlColumn& declared, std::vector<std::string>& clauses) {
  if (declared.field == nullptr) return MustBeWritten(table, declared.name, "the name's pattern is another one");
  SqlColumn added = declared;
  if (!added.nullable) added.default_value = DefaultOf(*declared.field);
  clauses.push_back(absl::StrCat("ADD COLUMN ", DefinitionOf(added)));
  return absl::OkStatus();
}

absl::Status AddIndex(const SqlTable& found, const SqlIndex& declared, std::vector<std::string>& clauses) {
  if (declared.unique ? HasUnique(found, declared.columns) : HasIndex(found, declared.columns)) return absl::OkStatus();
  if (absl::c_any_of(found.indexes, [&](const SqlIndex& one) { return one.name == declared.name; })) {
    return MustBeWritten(found, absl::StrJoin(declared.columns, ","),
                         absl::StrCat("the index ", declared.name, " is another one"));
  }
  clauses.push_back(absl::StrCat("ADD ", DefinitionOf(declared)));
  return absl::OkStatus();
}

absl::StatusOr<std::string> DraftTable(db::Session& session, const SqlTable& declared) {
  ASSIGN_OR_RETURN(const SqlTable found, ReadTable(session, declared.name));
  if (found.columns.empty()) return CreateSql(declared);
  for (const SqlColumn& column : found.columns) {
    if (declared.Find(column.name) == nullptr) {
      return MustBeWritten(declared, column.name, "the declaration does not know it: renamed or removed");
    }
  }
  std::vector<std::string> clauses;
  for (const SqlColumn& column : declared.columns) {
    const SqlColumn* existing = found.Find(column.name);
    RETURN_IF_ERROR(existing == nullptr ? AddColumn(declared, column, clauses)
                                        : AlterColumn(declared, column, *existing, clauses));
  }
  for (const SqlIndex& index : declared.indexes) RETURN_IF_ERROR(AddIndex(found, index, clauses));
  if (clauses.empty()) return std::string();
  return absl::StrCat("ALTER TABLE `", declared.name, "`\n  ", absl::StrJoin(clauses, ",\n  "), ";\n");
}

}  // namespace

absl::StatusOr<std::string> DraftMigration(db::Session& session, const Table& table) {
  std::string sql;
  for (const SqlTable& declared : TablesOf(table)) {
    ASSIGN_OR_RETURN(const std::string part, DraftTable(session, declared));
    sql += part;
  }
  return sql;
}

}  // namespace edudelta::resource
