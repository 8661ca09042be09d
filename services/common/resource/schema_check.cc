// Whether the database is as the declaration wants it.
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/resource/schema.h"

namespace edudelta::resource {
namespace {

absl::Status Differs(absl::string_view reason, absl::string_view zh, const SqlTable& table, const SqlColumn& declared,
                     const std::string& expected, const std::string& found) {
  return Refused(reason, zh,
                 {{"table", table.name}, {"column", declared.name}, {"expected", expected}, {"found", found}});
}

std::string Nullability(const SqlColumn& column) { return column.nullable ? "null" : "not null"; }

absl::Status CheckColumn(const SqlTable& table, const SqlColumn& declared) {
  const SqlColumn* found = table.Find(declared.name);
  if (found == nullptr) {
    return Refused("COLUMN_MISSING", "数据库缺少列", {{"table", table.name}, {"column", declared.name}});
  }
  if (!Holds(found->type, declared.type)) {
    return Differs("COLUMN_TYPE", "数据库列的类型不符", table, declared, declared.type, found->type);
  }
  if (found->nullable != declared.nullable) {
    return Differs("COLUMN_NULLABLE", "数据库列可否为空不符", table, declared, Nullability(declared),
                   Nullability(*found));
  }
  if (found->collation != declared.collation) {
    return Differs("COLUMN_COLLATION", "数据库列的排序规则不符", table, declared, declared.collation, found->collation);
  }
  return absl::OkStatus();
}

// Programs write the columns that they know, so every default of those is right, and others must have one.
absl::Status CheckUnknown(const SqlTable& declared, const SqlTable& found) {
  for (const SqlColumn& column : found.columns) {
    if (declared.Find(column.name) != nullptr || column.nullable || column.default_value.has_value()) continue;
    return Refused("COLUMN_DEFAULT", "数据库中本程序不认识的列没有默认值",
                   {{"table", found.name}, {"column", column.name}});
  }
  return absl::OkStatus();
}

absl::Status CheckIndex(const SqlTable& table, const SqlIndex& declared) {
  const std::string columns = absl::StrJoin(declared.columns, ",");
  if (declared.unique && !HasUnique(table, declared.columns)) {
    return Refused("KEY_NOT_UNIQUE", "数据库缺少唯一索引", {{"table", table.name}, {"column", columns}});
  }
  if (!HasIndex(table, declared.columns)) {
    return Refused("INDEX_MISSING", "数据库缺少索引", {{"table", table.name}, {"column", columns}});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckTable(const SqlTable& declared, const SqlTable& found) {
  for (const SqlColumn& column : declared.columns) RETURN_IF_ERROR(CheckColumn(found, column));
  RETURN_IF_ERROR(CheckUnknown(declared, found));
  for (const SqlIndex& index : declared.indexes) RETURN_IF_ERROR(CheckIndex(found, index));
  return absl::OkStatus();
}

absl::Status Table::CheckSchema(db::Session& session) const {
  for (const SqlTable& declared : TablesOf(*this)) {
    ASSIGN_OR_RETURN(const SqlTable found, ReadTable(session, declared.name));
    RETURN_IF_ERROR(CheckTable(declared, found));
  }
  return absl::OkStatus();
}

}  // namespace edudelta::resource
