#include "gateway/codec/cell.h"

#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/calendar/days.h"
#include "gateway/codec/json_table.h"
#include "gateway/codec/json_values.h"
#include "gateway/codec/spreadsheet.h"
#include "gateway/codec/written_time.h"
#include "google/protobuf/timestamp.pb.h"

namespace edudelta::gateway::codec {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

Flaw ReadBool(const FieldDescriptor* field, absl::string_view cell, Message* row) {
  const std::string text = absl::AsciiStrToLower(cell);
  if (text == "是" || text == "true" || text == "1") return StoreBool(field, true, row);
  if (text == "否" || text == "false" || text == "0") return StoreBool(field, false, row);
  return {"VALUE_NOT_A_BOOLEAN", "应填 是 或 否"};
}

Flaw ReadEnum(const FieldDescriptor* field, absl::string_view cell, Message* row) {
  const auto* type = field->enum_type();
  for (int i = 0; i < type->value_count(); ++i) {
    const auto* value = type->value(i);
    if (value->name() == cell || describe::LabelOf(value) == cell) return StoreText(field, value->name(), row);
  }
  return {"ENUM_UNKNOWN", "不是可用的取值"};
}

// Whether there is such a code says the service.
Flaw ReadCode(const Sheet::Column& column, absl::string_view cell, Message* row) {
  const std::vector<std::string> meant = codes::Meant(column.codes, cell);
  if (meant.size() > 1) {
    return {"CODE_MANGLED_BY_SPREADSHEET",
            "代码开头的0被电子表格去掉了，无法确定是哪一个：请把该列设为“文本”格式后重填"};
  }
  return StoreText(column.field, meant.empty() ? cell : absl::string_view(meant[0]), row);
}

Flaw ReadReference(const Sheet& sheet, const Sheet::Column& column, absl::string_view cell,
                   const std::vector<std::string>& ids, Message* row) {
  const Flaw mangled = MangledId(cell);
  const Flaw bad = mangled.reason != nullptr ? mangled : Flaw{"REFERENCE_INVALID", "应填所指对象的编号或完整名称"};
  const describe::Pattern& target = *column.reference;
  if (absl::StrContains(cell, '/')) {
    if (!describe::ParseName(target, cell)) return bad;
    return StoreText(column.field, cell, row);
  }
  std::vector<std::string> parts;
  for (size_t i = 0; i + 1 < target.variables.size(); ++i) {
    std::string id;
    for (size_t j = 0; j < ids.size(); ++j) {
      if (sheet.pattern().variables[j] == target.variables[i]) id = ids[j];
    }
    if (id.empty()) return bad;
    parts.push_back(std::move(id));
  }
  if (!describe::IsId(cell)) return bad;
  parts.emplace_back(cell);
  return StoreText(column.field, describe::BuildName(target, parts), row);
}

Flaw ReadMessage(const FieldDescriptor* field, absl::string_view cell, const JsonCodec& json, Message* row) {
  const auto* reflection = row->GetReflection();
  Message* inner = field->is_repeated() ? reflection->AddMessage(row, field) : reflection->MutableMessage(row, field);
  switch (SpecialOf(field->message_type())) {
    case Special::kDate: {
      absl::CivilDay day;
      const Flaw flaw = ReadDay(cell, &day);
      return flaw.reason == nullptr ? StoreSpecial(calendar::FormatDay(day), inner) : flaw;
    }
    case Special::kTimestamp: {
      auto* instant = static_cast<google::protobuf::Timestamp*>(inner);
      int64_t seconds = 0;
      int32_t nanos = 0;
      const Flaw flaw = ReadInstant(cell, &seconds, &nanos);
      instant->set_seconds(seconds);
      instant->set_nanos(nanos);
      return flaw;
    }
    case Special::kDuration:
    case Special::kFieldMask:
      return StoreSpecial(cell, inner);
    default:
      return json.Read(cell, inner).ok() ? Flaw{} : Flaw{"JSON_SYNTAX", "应为 JSON"};
  }
}

bool IsDecimal(absl::string_view cell) {
  double unused;
  return ParseDouble(cell, false, &unused) == NumberError::kNone && !absl::StrContains(cell, 'e') &&
         !absl::StrContains(cell, 'E');
}

Flaw ReadOne(const Sheet& sheet, const Sheet::Column& column, absl::string_view cell,
             const std::vector<std::string>& ids, const JsonCodec& json, Message* row) {
  const FieldDescriptor* field = column.field;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ReadMessage(field, cell, json, row);
    case FieldDescriptor::CPPTYPE_BOOL:
      return ReadBool(field, cell, row);
    case FieldDescriptor::CPPTYPE_ENUM:
      return ReadEnum(field, cell, row);
    case FieldDescriptor::CPPTYPE_STRING:
      if (column.reference.has_value()) return ReadReference(sheet, column, cell, ids, row);
      if (!column.codes.empty()) return ReadCode(column, cell, row);
      if (!describe::AnnotationOf(field).has_decimal()) return StoreText(field, cell, row);
      if (const std::string number = PlainNumber(cell, false); IsDecimal(number)) return StoreText(field, number, row);
      return FlawOf(NumberError::kNotANumber);
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return StoreText(field, PlainNumber(cell, false), row);
    default:
      return StoreText(field, PlainNumber(cell, true), row);
  }
}

std::string One(const FieldDescriptor* field, const Message& row, int index, const JsonCodec& json) {
  const auto* reflection = row.GetReflection();
  const bool many = index >= 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(many ? reflection->GetRepeatedInt32(row, field, index) : reflection->GetInt32(row, field));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(many ? reflection->GetRepeatedInt64(row, field, index) : reflection->GetInt64(row, field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(many ? reflection->GetRepeatedUInt32(row, field, index) : reflection->GetUInt32(row, field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(many ? reflection->GetRepeatedUInt64(row, field, index) : reflection->GetUInt64(row, field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return (many ? reflection->GetRepeatedBool(row, field, index) : reflection->GetBool(row, field)) ? "是" : "否";
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return FormatDouble(many ? reflection->GetRepeatedDouble(row, field, index) : reflection->GetDouble(row, field));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return FormatFloat(many ? reflection->GetRepeatedFloat(row, field, index) : reflection->GetFloat(row, field));
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int number =
          many ? reflection->GetRepeatedEnumValue(row, field, index) : reflection->GetEnumValue(row, field);
      const auto* value = field->enum_type()->FindValueByNumber(number);
      return value == nullptr ? absl::StrCat(number) : describe::LabelOf(value);
    }
    case FieldDescriptor::CPPTYPE_STRING:
      if (field->type() == FieldDescriptor::TYPE_BYTES) break;
      return many ? reflection->GetRepeatedString(row, field, index) : reflection->GetString(row, field);
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      std::string text;
      const Message& inner =
          many ? reflection->GetRepeatedMessage(row, field, index) : reflection->GetMessage(row, field);
      if (SpecialOf(field->message_type()) == Special::kTimestamp) {
        const auto& instant = static_cast<const google::protobuf::Timestamp&>(inner);
        return LocalInstant(instant.seconds(), instant.nanos());
      }
      if (!json.Write(inner, &text).ok()) return "";
      if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
      return text;
    }
  }
  return "";
}

// Numbers may begin with a sign.
bool IsNumber(const FieldDescriptor* field) {
  if (describe::AnnotationOf(field).has_decimal()) return true;
  return !field->is_repeated() && field->cpp_type() != FieldDescriptor::CPPTYPE_STRING &&
         field->cpp_type() != FieldDescriptor::CPPTYPE_ENUM && field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE;
}

// Days may change in spreadsheets, and codes, which are known again; texts may not.
bool HasMark(const Sheet::Column& column, absl::string_view cell) {
  if (IsNumber(column.field)) return false;
  const bool text = column.field->cpp_type() == FieldDescriptor::CPPTYPE_STRING && column.codes.empty();
  return text ? IsMarked(cell) : LooksLikeFormula(cell);
}

// The items of a list's cell, as they were before ListCell.
std::vector<std::string> ItemsOf(absl::string_view cell) {
  std::vector<std::string> items(1);
  for (size_t i = 0; i < cell.size(); ++i) {
    const bool escapes = cell[i] == '\\' && i + 1 < cell.size() && (cell[i + 1] == ';' || cell[i + 1] == '\\');
    if (escapes) ++i;
    if (cell[i] == ';' && !escapes) {
      items.emplace_back();
    } else {
      items.back() += cell[i];
    }
  }
  return items;
}

std::string ListCell(const FieldDescriptor* field, const Message& row, const JsonCodec& json) {
  const bool messages = field->message_type() != nullptr && SpecialOf(field->message_type()) == Special::kNone;
  const int count = row.GetReflection()->FieldSize(row, field);
  std::string cell;
  for (int i = 0; i < count; ++i) {
    const std::string item = One(field, row, i, json);
    absl::StrAppend(&cell,
                    i == 0     ? ""
                    : messages ? ","
                               : ";",
                    messages ? item : absl::StrReplaceAll(item, {{"\\", "\\\\"}, {";", "\\;"}}));
  }
  return count == 0 ? "" : messages ? absl::StrCat("[", cell, "]") : cell;
}

}  // namespace

Flaw ReadCell(const Sheet& sheet, const Sheet::Column& column, absl::string_view cell,
              const std::vector<std::string>& ids, const JsonCodec& json, Message* row) {
  // Undoes the escape of an export.
  if (cell.size() > 1 && cell[0] == '\'' && HasMark(column, cell.substr(1))) cell.remove_prefix(1);
  if (!column.field->is_repeated()) return ReadOne(sheet, column, cell, ids, json, row);
  if (column.field->message_type() != nullptr && SpecialOf(column.field->message_type()) == Special::kNone) {
    // A list of messages is one JSON array, which the codec reads as the value of its field.
    const auto* reflection = row->GetReflection();
    std::unique_ptr<Message> whole(row->New());
    if (!json.Read(absl::StrCat("{\"", column.field->name(), "\":", cell, "}"), whole.get()).ok()) {
      return {"JSON_SYNTAX", "应为 JSON 数组"};
    }
    reflection->SwapFields(row, whole.get(), {column.field});
    return {};
  }
  for (const std::string& item : ItemsOf(cell)) {
    if (IsBlank(item)) continue;
    const Flaw flaw = ReadOne(sheet, column, StripBlanks(item), ids, json, row);
    if (flaw.reason != nullptr) return flaw;
  }
  return {};
}

std::string WordOf(const Sheet& sheet, const Sheet::Column& column, absl::string_view cell, const JsonCodec& json) {
  const std::unique_ptr<Message> row(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(sheet.resource())->New());
  const bool read = !cell.empty() && ReadCell(sheet, column, cell, {}, json, row.get()).reason == nullptr;
  return read ? One(column.field, *row, -1, json) : std::string(cell);
}

std::string CellOf(const Sheet::Column& column, const Message& row, const JsonCodec& json) {
  const FieldDescriptor* field = column.field;
  const auto* reflection = row.GetReflection();
  const bool unset = !field->is_repeated() && field->has_presence() && !reflection->HasField(row, field);
  const bool no_value = !field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM &&
                        reflection->GetEnumValue(row, field) == 0;
  if (unset || no_value) return "";
  std::string cell = field->is_repeated() ? ListCell(field, row, json) : One(field, row, -1, json);
  return HasMark(column, cell) ? absl::StrCat("'", cell) : cell;
}

}  // namespace edudelta::gateway::codec
