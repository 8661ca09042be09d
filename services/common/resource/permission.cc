#include "common/resource/permission.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/describe/access.h"
#include "common/describe/district.h"
#include "common/resource/check.h"

namespace edudelta::resource {
namespace {

constexpr absl::string_view kDistricts = "districts/";

using describe::CoversFromAbove;
using describe::DistrictOf;
using describe::IsDistrictName;
using describe::SignificantDigits;

bool Listed(const Roles& roles, int role) { return std::find(roles.begin(), roles.end(), role) != roles.end(); }

const google::protobuf::FieldDescriptor* WithinField(const Table& table, const std::string& name) {
  return table.Find(name)->field;
}

// Conditions on key columns for names below `prefix`; nullopt when the pattern has none there.
std::optional<Where> KeysBelow(absl::string_view prefix, const Table& table) {
  const std::vector<absl::string_view> parts = absl::StrSplit(prefix, '/');
  const auto& segments = table.pattern().segments;
  if (parts.size() > segments.size()) return std::nullopt;
  Where where;
  int key = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!segments[i].variable) {
      if (segments[i].text != parts[i]) return std::nullopt;
      continue;
    }
    const std::string& column = table.keys()[key++];
    if (column == "district_id") {
      // A city or province holds for its districts; deeper prefixes name one district.
      const absl::string_view code = IsDistrictName(prefix) ? SignificantDigits(parts[i]) : parts[i];
      if (code.size() == parts[i].size()) {
        where.And("`district_id` = ?", {std::string(code)});
      } else if (!code.empty()) {
        where.And("`district_id` BETWEEN ? AND ?", {absl::StrCat(code, std::string(6 - code.size(), '0')),
                                                    absl::StrCat(code, std::string(6 - code.size(), '9'))});
      }
    } else {
      where.And(absl::StrCat("`", column, "` = ?"), {std::string(parts[i])});
    }
  }
  return where;
}

// Rows whose field names `prefix` or something below it. In a district's register those of the prefix's own district;
// no condition for a whole district there, which the keys decide.
Where FieldBelow(absl::string_view prefix, const std::string& column, const Table& table) {
  Where where;
  // Ranges and not LIKE, since an id may have an underscore: '0' follows '/', ':' follows '9'.
  const std::string name = absl::StrCat("`", column, "`");
  if (table.has_district()) {
    if (DistrictOf(prefix).empty() || IsDistrictName(prefix)) return where;
    where.And("`district_id` = ?", {std::string(DistrictOf(prefix))});
  } else if (IsDistrictName(prefix)) {
    const std::string start = absl::StrCat(kDistricts, SignificantDigits(prefix.substr(kDistricts.size())));
    where.And(absl::StrCat(name, " >= ? AND ", name, " < ?"), {start, absl::StrCat(start, ":")});
    return where;
  }
  where.And(absl::StrCat("(", name, " = ? OR (", name, " > ? AND ", name, " < ?))"),
            {std::string(prefix), absl::StrCat(prefix, "/"), absl::StrCat(prefix, "0")});
  return where;
}

}  // namespace

absl::Status RoleMissing() { return describe::RoleMissing(); }

absl::Status CheckWritesBelow(const call::v1::Caller& caller, const Table& table, describe::MethodKind kind,
                              absl::string_view parent) {
  const auto roles = describe::RolesOf(table.options(), kind);
  const bool may = caller.has_scope() || describe::MayHoldBelow(caller, roles, table.type(), parent);
  return may ? absl::OkStatus() : RoleMissing();
}

void Where::And(absl::string_view condition, std::vector<db::Value> parameters) {
  if (condition.empty()) return;
  absl::StrAppend(&sql, sql.empty() ? "" : " AND ", condition);
  values.insert(values.end(), std::make_move_iterator(parameters.begin()), std::make_move_iterator(parameters.end()));
}

void Where::And(const Where& other) { And(other.sql, other.values); }

bool HoldsRole(const call::v1::Caller& caller, const Roles& roles, absl::string_view name) {
  return describe::HoldsRole(caller, roles, name);
}

bool HoldsRoleFromAbove(const call::v1::Caller& caller, const Roles& roles, absl::string_view name) {
  for (const auto& binding : caller.bindings()) {
    if (Listed(roles, binding.role()) && CoversFromAbove(binding.prefix(), name)) return true;
  }
  return false;
}

bool HoldsRole(const call::v1::Caller& caller, const Roles& roles, const Table& table,
               const google::protobuf::Message& row) {
  const auto* reflection = row.GetReflection();
  std::string scratch;
  std::string name;
  if (HoldsRole(caller, roles, reflection->GetStringReference(row, table.name_field(), &scratch))) return true;
  for (const std::string& within : table.options().within()) {
    const std::string& value = reflection->GetStringReference(row, WithinField(table, within), &scratch);
    // A register is its district's: what a row names elsewhere gives nobody there a say in it.
    const bool own = !table.has_district() ||
                     DistrictOf(value) == DistrictOf(reflection->GetStringReference(row, table.name_field(), &name));
    if (own && !value.empty() && HoldsRole(caller, roles, value)) return true;
  }
  return false;
}

Roles ReadersOf(const Table& table) { return describe::RolesOf(table.options(), describe::MethodKind::kList); }

std::optional<Where> ReadableRows(const call::v1::Caller& caller, const Roles& roles, const Table& table) {
  std::vector<std::string> alternatives;
  Where where;
  for (const auto& binding : caller.bindings()) {
    if (!Listed(roles, binding.role())) continue;
    if (binding.prefix() == "*") return Where{};
    auto add = [&](Where part) {
      if (part.sql.empty()) return false;
      alternatives.push_back(absl::StrCat("(", part.sql, ")"));
      where.values.insert(where.values.end(), part.values.begin(), part.values.end());
      return true;
    };
    if (auto below = KeysBelow(binding.prefix(), table)) {
      if (!add(*std::move(below))) return Where{};
    }
    for (const std::string& within : table.options().within()) add(FieldBelow(binding.prefix(), within, table));
  }
  if (alternatives.empty()) return std::nullopt;
  where.sql = absl::StrCat("(", absl::StrJoin(alternatives, " OR "), ")");
  return where;
}

namespace {

Roles SensitiveReaders() {
  Roles roles;
  roles.Add(options::v1::ROLE_SENSITIVE_READER);
  return roles;
}

}  // namespace

bool SeesPersonalSomewhere(const call::v1::Caller& caller) {
  return !caller.purpose().empty() &&
         std::any_of(caller.bindings().begin(), caller.bindings().end(),
                     [](const auto& binding) { return binding.role() == options::v1::ROLE_SENSITIVE_READER; });
}

bool SeesPersonal(const call::v1::Caller& caller, const Table& table, const google::protobuf::Message& row) {
  return SeesPersonalSomewhere(caller) && HoldsRole(caller, SensitiveReaders(), table, row);
}

bool MayTellSame(const call::v1::Caller& caller, const Table& table, const google::protobuf::Message& stored,
                 const google::protobuf::Message& given) {
  const bool guesses = std::any_of(table.columns().begin(), table.columns().end(), [&](const Column& column) {
    return column.personal() && IsSet(given, column.field);
  });
  return !guesses || SeesPersonal(caller, table, stored);
}

bool SeesPersonalBelow(const call::v1::Caller& caller, absl::string_view parent) {
  return SeesPersonalSomewhere(caller) && HoldsRole(caller, SensitiveReaders(), parent);
}

}  // namespace edudelta::resource
