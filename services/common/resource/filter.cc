#include "common/resource/filter.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/calendar/days.h"
#include "common/codes/format.h"
#include "common/codes/mask.h"
#include "common/db/sql_time.h"
#include "common/resource/field_mask.h"
#include "common/resource/row.h"

namespace edudelta::resource {
namespace {

using google::protobuf::FieldDescriptor;

absl::Status Bad(absl::string_view reason, absl::string_view zh) { return Invalid("filter", reason, zh); }

absl::StatusOr<db::Value> IntLiteral(const FieldDescriptor* field, const std::string& literal) {
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
    if (literal == "true") return db::Value(int64_t{1});
    if (literal == "false") return db::Value(int64_t{0});
  } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    if (const auto* value = field->enum_type()->FindValueByName(literal)) return db::Value(int64_t{value->number()});
  } else if (int64_t number = 0; absl::SimpleAtoi(literal, &number)) {
    return db::Value(number);
  }
  return Bad("FILTER_VALUE", "筛选条件的值与字段类型不符");
}

// The text as it would be stored; FILTER_VALUE where it would not be, so that nothing is there for it.
absl::StatusOr<std::string> TextLiteral(const Column& column, const std::string& literal) {
  const auto format = column.options->format();
  std::string text = codes::CanonicalForm(format, StoredText(column, literal));
  if (column.personal() && codes::LooksMasked(column.options->mask(), text)) {
    return Bad("FILTER_VALUE", "筛选条件的值是脱敏后的内容");
  }
  // Days to come are no reason to find nothing.
  const absl::Status formed = codes::CheckFormat(format, column.name, text, absl::CivilDay(9999, 12, 31));
  if (!formed.ok()) return Bad("FILTER_VALUE", absl::StrCat("筛选条件的值有误：", ChineseOf(formed)));
  return text;
}

absl::StatusOr<db::Value> ToValue(const Column& column, const Table& table, const crypto::FieldCipher& cipher,
                                  const std::string& literal) {
  switch (column.storage) {
    case Storage::kInt:
      return IntLiteral(column.field, literal);
    case Storage::kDouble:
      if (double number = 0; absl::SimpleAtod(literal, &number) && std::isfinite(number)) return db::Value(number);
      break;
    case Storage::kDecimal:
      if (double number = 0; absl::SimpleAtod(literal, &number) && std::abs(number) < 1e30) return db::Value(literal);
      break;
    case Storage::kText:
      // The database refuses to compare them.
      if (column.ascii() && !std::all_of(literal.begin(), literal.end(), absl::ascii_isascii)) break;
      return db::Value(literal);
    case Storage::kDate:
      if (calendar::ParseDay(literal)) return db::Value(literal);
      break;
    case Storage::kTimestamp: {
      absl::Time time;
      std::string error;
      // Years that DATETIME has.
      if (absl::ParseTime(absl::RFC3339_full, literal, &time, &error) && time >= absl::FromUnixSeconds(-30610224000) &&
          time < absl::FromUnixSeconds(253402300800)) {
        return db::Value(db::SqlTime(time));
      }
      break;
    }
    case Storage::kCipher:
      return db::Value(cipher.BlindIndex(table.name(), column.name, literal));
    case Storage::kBytes:
    case Storage::kJson:
      break;
  }
  return Bad("FILTER_VALUE", "筛选条件的值与字段类型不符");
}

}  // namespace

absl::StatusOr<Where> FilterToSql(const std::vector<Condition>& conditions, const Table& table,
                                  const crypto::FieldCipher& cipher, Search search,
                                  const std::vector<std::string>* visible) {
  Where where;
  for (const Condition& condition : conditions) {
    const Column* column = table.Find(condition.field);
    const bool hidden =
        visible != nullptr && std::find(visible->begin(), visible->end(), condition.field) == visible->end();
    if (column == nullptr || hidden) return Bad("FILTER_FIELD_UNKNOWN", "没有这个字段，或不可查看");
    if (!column->options->filterable()) return Bad("FILTER_FIELD_NOT_FILTERABLE", "该字段不支持筛选");
    if (column->personal() && search == Search::kNo) {
      return Bad("FILTER_FIELD_NEEDS_SEARCH", "敏感字段只能用 :search 方法按相等查找");
    }
    const bool text = column->storage == Storage::kText;
    const bool equality = condition.op == "=" || condition.op == "IN";
    if ((column->personal() && !equality) || (condition.op == ":" && !text)) {
      return Bad("FILTER_OPERATOR", "该字段不支持这个比较符");
    }
    const std::string name = absl::StrCat("`", column->name, column->searchable ? "_index" : "", "`");
    std::vector<db::Value> values;
    const bool whole = column->field->type() == FieldDescriptor::TYPE_STRING && column->storage != Storage::kDecimal &&
                       (equality || condition.op == "!=");
    for (std::string literal : condition.literals) {
      if (whole) {
        ASSIGN_OR_RETURN(literal, TextLiteral(*column, literal));
      }
      ASSIGN_OR_RETURN(db::Value value, ToValue(*column, table, cipher, literal));
      values.push_back(std::move(value));
    }
    // A bare string would be compared with a DECIMAL as a double.
    const std::string mark = column->storage == Storage::kDecimal ? "CAST(? AS DECIMAL(60, 20))" : "?";
    if (condition.op == "IN") {
      where.And(absl::StrCat(name, " IN (", absl::StrJoin(std::vector<std::string>(values.size(), mark), ", "), ")"),
                values);
    } else if (condition.op == ":") {
      const std::string escaped =
          absl::StrReplaceAll(std::get<std::string>(values[0]), {{"!", "!!"}, {"%", "!%"}, {"_", "!_"}});
      where.And(absl::StrCat(name, " LIKE ? ESCAPE '!'"), {absl::StrCat("%", escaped, "%")});
    } else {
      where.And(absl::StrCat(name, " ", condition.op == "!=" ? "<>" : condition.op, " ", mark), values);
    }
  }
  return where;
}

}  // namespace edudelta::resource
