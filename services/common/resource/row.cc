#include "common/resource/row.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "common/base/entity_tag.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "common/db/sql_time.h"
#include "common/resource/check.h"
#include "common/resource/keep_unknown.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/json_util.h"
#include "google/type/date.pb.h"

namespace edudelta::resource {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

absl::Status SetJson(Message* message, const FieldDescriptor* field, const std::string& json) {
  std::unique_ptr<Message> wrapper(message->New());
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto status = google::protobuf::util::JsonStringToMessage(absl::StrCat("{\"", field->name(), "\":", json, "}"),
                                                                  wrapper.get(), options);
  if (!status.ok()) return Error(absl::StatusCode::kDataLoss, "STORED_JSON_DAMAGED", "数据库中的内容损坏");
  message->MergeFrom(*wrapper);
  return absl::OkStatus();
}

db::Value IntValue(const Message& message, const FieldDescriptor* field) {
  const Reflection* reflection = message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection->GetInt64(message, field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return int64_t{reflection->GetUInt32(message, field)};
    case FieldDescriptor::CPPTYPE_BOOL:
      return int64_t{reflection->GetBool(message, field)};
    case FieldDescriptor::CPPTYPE_ENUM:
      return int64_t{reflection->GetEnumValue(message, field)};
    default:
      return int64_t{reflection->GetInt32(message, field)};
  }
}

void SetInt(Message* message, const FieldDescriptor* field, int64_t value) {
  const Reflection* reflection = message->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection->SetInt64(message, field, value);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection->SetUInt32(message, field, static_cast<uint32_t>(value));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->SetBool(message, field, value != 0);
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection->SetEnumValue(message, field, static_cast<int>(value));
    default:
      return reflection->SetInt32(message, field, static_cast<int32_t>(value));
  }
}

std::string DateText(const google::type::Date& date) {
  return absl::StrFormat("%04d-%02d-%02d", date.year(), date.month(), date.day());
}

db::Value ValueOf(const Message& message, const Column& column, const Table& table, const std::string& name,
                  const crypto::FieldCipher& cipher) {
  if (column.storage != Storage::kCipher) return OpenValue(message, column);
  const FieldDescriptor* field = column.field;
  if (field->has_presence() && !message.GetReflection()->HasField(message, field)) return db::Null{};
  std::string scratch;
  const std::string& text = message.GetReflection()->GetStringReference(message, field, &scratch);
  if (text.empty()) return db::Null{};
  return cipher.Encrypt(table.name(), column.name, name, text);
}

// A JSON column of what replaces `old`, whose column is `stored`.
db::Value NextJson(const Message& next, const Message& old, const FieldDescriptor* field, const std::string& stored,
                   const db::Value& plain) {
  if (stored.empty()) return plain;
  if (FieldEquals(old, next, field)) return stored;
  const absl::StatusOr<std::string> before = JsonOf(old, field);
  if (!before.ok() || !std::holds_alternative<std::string>(plain)) return plain;
  return KeepUnknown(stored, *before, std::get<std::string>(plain));
}

// DECIMAL columns come back with all their places; a message keeps them so: "4.50".
absl::Status SetField(Message* message, const Column& column, const db::Rows& rows, int index, const Table& table,
                      const std::string& name, const crypto::FieldCipher& cipher) {
  if (rows.IsNull(index)) return absl::OkStatus();
  const Reflection* reflection = message->GetReflection();
  const FieldDescriptor* field = column.field;
  switch (column.storage) {
    case Storage::kInt:
      SetInt(message, field, rows.Int(index));
      break;
    case Storage::kDouble:
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT) {
        reflection->SetFloat(message, field, static_cast<float>(rows.Double(index)));
      } else {
        reflection->SetDouble(message, field, rows.Double(index));
      }
      break;
    case Storage::kText:
    case Storage::kBytes:
    case Storage::kDecimal:
      reflection->SetString(message, field, rows.Text(index));
      break;
    case Storage::kDate: {
      const std::string text = rows.Text(index);
      auto* date = static_cast<google::type::Date*>(reflection->MutableMessage(message, field));
      int year = 0, month = 0, day = 0;
      if (text.size() >= 10 && absl::SimpleAtoi(text.substr(0, 4), &year) &&
          absl::SimpleAtoi(text.substr(5, 2), &month) && absl::SimpleAtoi(text.substr(8, 2), &day)) {
        date->set_year(year);
        date->set_month(month);
        date->set_day(day);
      }
      break;
    }
    case Storage::kTimestamp:
      SetTime(message, field, rows.Text(index));
      break;
    case Storage::kJson:
      return SetJson(message, field, rows.Text(index));
    case Storage::kCipher: {
      ASSIGN_OR_RETURN(std::string text, cipher.Decrypt(table.name(), column.name, name, rows.Text(index)));
      reflection->SetString(message, field, std::move(text));
      break;
    }
  }
  return absl::OkStatus();
}

}  // namespace

db::Value OpenValue(const Message& message, const Column& column) {
  const Reflection* reflection = message.GetReflection();
  const FieldDescriptor* field = column.field;
  if (field->has_presence() && !reflection->HasField(message, field)) return db::Null{};
  std::string scratch;
  switch (column.storage) {
    case Storage::kInt:
      return IntValue(message, field);
    case Storage::kDouble:
      return field->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT ? double{reflection->GetFloat(message, field)}
                                                                 : reflection->GetDouble(message, field);
    case Storage::kText:
      return reflection->GetStringReference(message, field, &scratch);
    case Storage::kBytes:
    case Storage::kDecimal: {
      const std::string& text = reflection->GetStringReference(message, field, &scratch);
      if (text.empty()) return db::Null{};
      return text;
    }
    case Storage::kDate:
      return DateText(static_cast<const google::type::Date&>(reflection->GetMessage(message, field)));
    case Storage::kTimestamp: {
      const auto& time = static_cast<const google::protobuf::Timestamp&>(reflection->GetMessage(message, field));
      return db::SqlTime(TimeOf(time));
    }
    case Storage::kJson:
      if (field->is_repeated() && reflection->FieldSize(message, field) == 0) return db::Null{};
      // Checked before: what is no JSON does not get here.
      return JsonOf(message, field).value_or("");
    case Storage::kCipher:
      break;
  }
  return db::Null{};
}

// The utility wants a message around the value.
absl::StatusOr<std::string> JsonOf(const Message& message, const FieldDescriptor* field) {
  std::unique_ptr<Message> wrapper(message.New());
  CopyField(message, field, wrapper.get());
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(*wrapper, &json, options).ok()) {
    return Error(absl::StatusCode::kInternal, "VALUE_NOT_JSON", "内容无法保存");
  }
  const std::string head = absl::StrCat("{\"", field->name(), "\":");
  return json.substr(head.size(), json.size() - head.size() - 1);
}

Projection AllColumns(const Table& table) {
  Projection projection;
  for (const Column& column : table.columns()) projection.push_back(&column);
  return projection;
}

std::string SelectList(const Table& table, const Projection& projection) {
  std::string sql = "`row_id`, `version`, `create_time`, `update_time`";
  for (const std::string& key : table.keys()) absl::StrAppend(&sql, ", `", key, "`");
  for (const Column* column : projection) absl::StrAppend(&sql, ", `", column->name, "`");
  return sql;
}

absl::StatusOr<Row> ReadRow(const db::Rows& rows, const Table& table, const Projection& projection,
                            const crypto::FieldCipher& cipher) {
  Row row;
  row.row_id = rows.Int(0);
  row.version = rows.Int(1);
  row.update_time = rows.Text(3);
  row.message = table.New();
  int index = 4;
  std::vector<std::string> ids;
  for (size_t i = 0; i < table.keys().size(); ++i) ids.push_back(rows.Text(index++));
  const std::string name = describe::BuildName(table.pattern(), ids);
  const Reflection* reflection = row.message->GetReflection();
  reflection->SetString(row.message.get(), table.name_field(), name);
  for (const Column* column : projection) {
    if (column->storage == Storage::kJson) row.json.push_back(rows.Text(index));
    RETURN_IF_ERROR(SetField(row.message.get(), *column, rows, index++, table, name, cipher));
  }
  SetTime(row.message.get(), table.create_time_field(), rows.Text(2));
  SetTime(row.message.get(), table.update_time_field(), row.update_time);
  row.etag = EtagOf(cipher, row.row_id, row.version);
  reflection->SetString(row.message.get(), table.etag_field(), row.etag);
  return row;
}

std::vector<db::Value> ColumnValues(const Message& message, const Table& table, const crypto::FieldCipher& cipher,
                                    const Row* replaced) {
  std::string scratch;
  const std::string& name = message.GetReflection()->GetStringReference(message, table.name_field(), &scratch);
  std::vector<db::Value> values;
  size_t json = 0;
  for (const Column& column : table.columns()) {
    values.push_back(ValueOf(message, column, table, name, cipher));
    if (column.storage == Storage::kJson && replaced != nullptr) {
      values.back() = NextJson(message, *replaced->message, column.field, replaced->json[json++], values.back());
    }
    if (!column.searchable) continue;
    const std::string text = message.GetReflection()->GetString(message, column.field);
    values.push_back(text.empty() ? db::Value(db::Null{}) : cipher.BlindIndex(table.name(), column.name, text));
  }
  return values;
}

std::vector<std::string> ColumnNames(const Table& table) {
  std::vector<std::string> names;
  for (const Column& column : table.columns()) {
    names.push_back(absl::StrCat("`", column.name, "`"));
    if (column.searchable) names.push_back(absl::StrCat("`", column.name, "_index`"));
  }
  return names;
}

std::string EtagOf(const crypto::FieldCipher& cipher, int64_t row_id, int64_t version) {
  const std::string opaque = cipher.Opaque(static_cast<uint64_t>(row_id), static_cast<uint64_t>(version));
  // In hex: no spreadsheet takes it for a formula.
  return absl::StrCat("\"", absl::BytesToHexString(opaque), "\"");
}

absl::Status CheckEtag(const std::string& sent, const Row& row) {
  if (sent.empty() || sent == "*") return absl::OkStatus();
  const auto tags = ParseEntityTags(sent);
  if (tags && MatchesStrongly(*tags, row.etag)) return absl::OkStatus();
  return Error(absl::StatusCode::kAborted, "ETAG_MISMATCH", "记录已被他人修改，请刷新后再试");
}

std::string After(const std::string& start, const Row& old) { return std::max(start, old.update_time); }

void SetTime(Message* message, const FieldDescriptor* field, absl::string_view sql_time) {
  auto* stamp = message->GetReflection()->MutableMessage(message, field);
  SetTimestamp(db::ParseSqlTime(sql_time), static_cast<google::protobuf::Timestamp*>(stamp));
}

}  // namespace edudelta::resource
