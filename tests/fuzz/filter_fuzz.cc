// AIP-160 filters: what is accepted means the same when it is printed and read again, and none of it gets into SQL but
// as a bound value.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/resource/filter.h"
#include "edudelta/safety/v1/hazard.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"
#include "tests/fuzz/keys.h"
#include "tests/fuzz/target.h"

namespace edudelta::fuzz {
namespace {

using resource::Condition;
using resource::Search;
using resource::Table;

std::string Quote(const std::string& literal) {
  return absl::StrCat("\"", absl::StrReplaceAll(literal, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

std::string Print(const std::vector<Condition>& conditions) {
  std::vector<std::string> parts;
  for (const Condition& one : conditions) {
    std::vector<std::string> literals;
    for (const std::string& literal : one.literals) literals.push_back(Quote(literal));
    const std::string values = absl::StrJoin(literals, ",");
    parts.push_back(one.op == "IN" ? absl::StrCat(one.field, " IN (", values, ")")
                                   : absl::StrCat(one.field, " ", one.op, " ", values));
  }
  return absl::StrJoin(parts, " AND ");
}

bool Same(const std::vector<Condition>& a, const std::vector<Condition>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Condition& x, const Condition& y) {
    return x.field == y.field && x.op == y.op && x.literals == y.literals;
  });
}

// Nothing stands in it but columns of the table and words of ours.
bool IsOurs(absl::string_view sql, const Table& table) {
  while (!sql.empty()) {
    if (absl::ConsumePrefix(&sql, "`")) {
      const std::string name(sql.substr(0, sql.find('`')));
      if (table.Find(name) == nullptr && table.Find(std::string(absl::StripSuffix(name, "_index"))) == nullptr) {
        return false;
      }
      sql.remove_prefix(std::min(sql.size(), name.size() + 1));
      continue;
    }
    bool known = false;
    for (absl::string_view word : {" AND ", " IN (", " LIKE ? ESCAPE '!'", "CAST(? AS DECIMAL(60, 20))", "?, ", ", ",
                                   " <> ", " <= ", " >= ", " < ", " > ", " = ", "?", ")"}) {
      if (known = absl::ConsumePrefix(&sql, word); known) break;
    }
    if (!known) return false;
  }
  return true;
}

void TrySql(const std::vector<Condition>& conditions, const Table& table) {
  const crypto::FieldCipher& cipher = TestCipher();
  for (const Search search : {Search::kNo, Search::kYes}) {
    const auto where = FilterToSql(conditions, table, cipher, search, nullptr);
    if (!where.ok()) {
      MustBeRefusal(where.status(),
                    "FILTER_FIELD_UNKNOWN FILTER_FIELD_NOT_FILTERABLE FILTER_FIELD_NEEDS_SEARCH FILTER_OPERATOR "
                    "FILTER_VALUE");
      continue;
    }
    Must(IsOurs(where->sql, table), "SQL has columns and words of ours only", where->sql);
    Must(static_cast<size_t>(std::count(where->sql.begin(), where->sql.end(), '?')) == where->values.size(),
         "each literal is one bound value", where->sql);
    const std::vector<std::string> nothing;
    Must(conditions.empty() || !FilterToSql(conditions, table, cipher, search, &nothing).ok(),
         "no filter on a field that may not be seen", where->sql);
    for (const Condition& one : conditions) {
      Must(search == Search::kYes || !table.Find(one.field)->personal(), "personal fields only in a search", one.field);
    }
  }
}

}  // namespace

bool Try(absl::string_view input) {
  static const auto& codes = *new codes::CodeSets(codes::CodeSets::Embedded());
  static const auto hazard = *Table::Build(safety::v1::Hazard::descriptor(), codes);
  static const auto teacher = *Table::Build(teachers::v1::Teacher::descriptor(), codes);
  const auto conditions = resource::ParseFilter(input);
  if (!conditions.ok()) {
    MustBeRefusal(conditions.status(), "FILTER_SYNTAX FILTER_TOO_LONG");
    return false;
  }
  const std::string printed = Print(*conditions);
  if (printed.size() <= 4000) {
    const auto again = resource::ParseFilter(printed);
    Must(again.ok() && Same(*conditions, *again), "printed and read again it is the same", printed);
  }
  TrySql(*conditions, *hazard);
  TrySql(*conditions, *teacher);
  return true;
}

}  // namespace edudelta::fuzz
