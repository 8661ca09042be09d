#include "common/resource/check.h"

#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/decimal.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/calendar/days.h"
#include "common/codes/format.h"
#include "common/codes/mask.h"
#include "common/describe/limits.h"
#include "common/resource/row.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "google/type/date.pb.h"

namespace edudelta::resource {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using options::v1::Field;

// Bytes of a JSON or binary column.
constexpr size_t kLargestValue = 1 << 20;

// Characters of valid UTF-8.
int Length(absl::string_view text) {
  int length = 0;
  for (const char c : text) length += (c & 0xc0) != 0x80;
  return length;
}

// The rule for texts of every kind, those within lists and messages too. What may be long may have lines.
absl::Status CheckCharacters(absl::string_view value, int longest, absl::string_view path, absl::string_view label) {
  constexpr int kLongestLine = 255;
  switch (FaultOf(value, longest > kLongestLine ? Lines::kMany : Lines::kOne)) {
    case TextFault::kNone:
      return absl::OkStatus();
    case TextFault::kLineBreak:
      return Invalid(path, "FIELD_CHARACTERS",
                     absl::StrCat(label, "只能写一行，不能有换行；如来自文件，请检查此行的引号是否成对"));
    case TextFault::kCharacter:
      return Invalid(path, "FIELD_CHARACTERS", absl::StrCat(label, "含有不可用的字符"));
  }
  return absl::OkStatus();
}

// Every text of a list or of a message within the column.
absl::Status CheckInner(const Message& message, const FieldDescriptor* field, const Column& column) {
  const auto* reflection = message.GetReflection();
  const std::string& label = column.options->label();
  const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
  for (int i = 0; i < count; ++i) {
    if (field->type() == FieldDescriptor::TYPE_STRING) {
      const std::string value = field->is_repeated() ? reflection->GetRepeatedString(message, field, i)
                                                     : reflection->GetString(message, field);
      RETURN_IF_ERROR(CheckCharacters(value, describe::AnnotationOf(field).max_length(), column.name, label));
      if (!field->is_repeated() || !IsBlank(value)) continue;
      return Invalid(column.name, "LIST_ITEM_EMPTY", absl::StrCat(label, "的第", i + 1, "项是空的"));
    }
    if (field->message_type() == nullptr) continue;
    const Message& inner = field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                                : reflection->GetMessage(message, field);
    std::vector<const FieldDescriptor*> set;
    inner.GetReflection()->ListFields(inner, &set);
    for (const FieldDescriptor* part : set) RETURN_IF_ERROR(CheckInner(inner, part, column));
  }
  return absl::OkStatus();
}

// In characters.
int LongestText(const Field& options) { return options.max_length() > 0 ? options.max_length() : 255; }

absl::Status TooLong(const Column& column) {
  return Invalid(column.name, "FIELD_TOO_LONG",
                 absl::StrCat(column.options->label(), "最多", LongestText(*column.options), "个字"));
}

// What is no code may be a person's name or number from the column beside: names have letters, and those numbers are
// longer.
bool MayBeShown(absl::string_view value, const Column& column) {
  constexpr int kLongest = 8;
  if (column.personal() || Length(value) > kLongest) return false;
  while (!value.empty()) {
    const char32_t c = TakeCharacter(&value);
    const bool sign = c < 0x80 ? !absl::ascii_isalpha(static_cast<unsigned char>(c)) : IsBlank(c);
    if (!sign) return false;
  }
  return true;
}

absl::Status CheckText(const std::string& given, const Column& column, const codes::CodeSets& codes,
                       absl::CivilDay today) {
  const Field& options = *column.options;
  // Length first: all that follows may be slow on a huge text.
  const bool huge = given.size() > LargestBytes(column);
  const std::string value = huge ? "" : codes::Normal(options.mask(), given);
  const int longest = LongestText(options);
  if (const codes::CodeSet* set = options.code_set().empty() ? nullptr : codes.Find(options.code_set());
      set != nullptr && !codes.Contains(options.code_set(), value)) {
    const std::string shown = !huge && MayBeShown(value, column) ? absl::StrCat("“", Excerpt(value), "”") : "";
    return Invalid(column.name, "CODE_UNKNOWN",
                   absl::StrCat(options.label(), shown, "不是有效代码，可用的有：", codes::ListOf(set->codes)));
  }
  if (huge || Length(value) > longest) return TooLong(column);
  if (column.personal() && codes::LooksMasked(options.mask(), value)) {
    return Invalid(column.name, "VALUE_MASKED", absl::StrCat(options.label(), "是脱敏后的内容，不能写入"));
  }
  if (options.format() != Field::FORMAT_UNSPECIFIED) {
    RETURN_IF_ERROR(codes::CheckFormat(options.format(), column.name, value, today));
  }
  return CheckCharacters(value, longest, column.name, options.label());
}

absl::Status CheckDecimal(const std::string& value, const Column& column) {
  const Field& options = *column.options;
  const auto parsed = ParseDecimal(value, options.decimal().scale());
  double number = 0;
  if (!parsed.ok() || !absl::SimpleAtod(value, &number) || !std::isfinite(number)) {
    return Invalid(column.name, "DECIMAL_INVALID",
                   absl::StrCat(options.label(), "应为最多", options.decimal().scale(), "位小数的数字"));
  }
  int digits = 0;
  for (int64_t rest = *parsed < 0 ? -*parsed : *parsed; rest > 0; rest /= 10) ++digits;
  if (digits > options.decimal().precision()) {
    return Invalid(column.name, "NUMBER_OUT_OF_RANGE", absl::StrCat(options.label(), "数字太大"));
  }
  return absl::OkStatus();
}

absl::Status CheckRange(double value, const Column& column) {
  const Field& options = *column.options;
  if ((options.has_min() && value < options.min()) || (options.has_max() && value > options.max())) {
    return Invalid(column.name, "NUMBER_OUT_OF_RANGE", absl::StrCat(options.label(), "超出范围"));
  }
  return absl::OkStatus();
}

absl::Status CheckColumn(const Message& message, const Column& column, const codes::CodeSets& codes,
                         absl::CivilDay today) {
  const FieldDescriptor* field = column.field;
  const auto* reflection = message.GetReflection();
  switch (column.storage) {
    case Storage::kText:
    case Storage::kCipher:
      return CheckText(reflection->GetString(message, field), column, codes, today);
    case Storage::kDecimal: {
      const std::string value = reflection->GetString(message, field);
      RETURN_IF_ERROR(CheckDecimal(value, column));
      double number = 0;
      (void)absl::SimpleAtod(value, &number);
      return CheckRange(number, column);
    }
    case Storage::kDate: {
      const auto& date = static_cast<const google::type::Date&>(reflection->GetMessage(message, field));
      if (calendar::IsValid(date) && date.year() >= 1000) return absl::OkStatus();
      return Invalid(column.name, "DATE_INVALID", absl::StrCat(column.options->label(), "不是存在的日期"));
    }
    case Storage::kTimestamp: {
      const auto& time = static_cast<const google::protobuf::Timestamp&>(reflection->GetMessage(message, field));
      // Years 1000 to 9999, as the database has them.
      if (time.seconds() >= -30610224000 && time.seconds() < 253402300800 && time.nanos() >= 0 &&
          time.nanos() < 1000000000) {
        return absl::OkStatus();
      }
      return Invalid(column.name, "TIME_INVALID", absl::StrCat(column.options->label(), "不是有效的时间"));
    }
    case Storage::kInt:
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
        if (field->enum_type()->FindValueByNumber(reflection->GetEnumValue(message, field)) != nullptr)
          return absl::OkStatus();
        return Invalid(column.name, "ENUM_UNKNOWN", absl::StrCat(column.options->label(), "不是有效取值"));
      }
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT32)
        return CheckRange(reflection->GetInt32(message, field), column);
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
        return CheckRange(static_cast<double>(reflection->GetInt64(message, field)), column);
      }
      return absl::OkStatus();
    case Storage::kDouble:
      return CheckRange(field->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT ? reflection->GetFloat(message, field)
                                                                            : reflection->GetDouble(message, field),
                        column);
    case Storage::kBytes:
      if (reflection->GetString(message, field).size() <= kLargestValue) return absl::OkStatus();
      return Invalid(column.name, "FIELD_TOO_LONG", absl::StrCat(column.options->label(), "太大"));
    case Storage::kJson:
      if (field->is_repeated() && reflection->FieldSize(message, field) > describe::kMostItems) {
        return Invalid(column.name, "FIELD_TOO_LONG", absl::StrCat(column.options->label(), "最多1000项"));
      }
      if (const auto json = JsonOf(message, field); !json.ok() || json->size() > kLargestValue) {
        return Invalid(column.name, json.ok() ? "FIELD_TOO_LONG" : "FIELD_CHARACTERS",
                       absl::StrCat(column.options->label(), "太大或内容无效"));
      }
      return CheckInner(message, field, column);
  }
  return absl::OkStatus();
}

}  // namespace

size_t LargestBytes(const Column& column) {
  switch (column.storage) {
    case Storage::kText:
    case Storage::kCipher:
      return 4 * static_cast<size_t>(LongestText(*column.options));
    case Storage::kJson:
    case Storage::kBytes:
      return kLargestValue;
    default:
      return 32;
  }
}

bool IsSet(const Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(message, field) > 0 : reflection->HasField(message, field);
}

bool IsBlankText(const Message& message, const FieldDescriptor* field) {
  std::string scratch;
  return !field->is_repeated() && field->type() == FieldDescriptor::TYPE_STRING &&
         IsBlank(message.GetReflection()->GetStringReference(message, field, &scratch));
}

absl::Status CheckNote(absl::string_view note) {
  // Characters, as the log's column counts them.
  if (Length(note) > describe::kLongestNote) return Invalid("note", "FIELD_TOO_LONG", "备注太长");
  return CheckCharacters(note, describe::kLongestNote, "note", "备注");
}

absl::Status CheckFields(const Message& message, const Table& table, const codes::CodeSets& codes,
                         absl::CivilDay today) {
  for (const Column& column : table.columns()) {
    if (describe::Has(*column.options, Field::OUTPUT_ONLY)) continue;
    if (IsBlankText(message, column.field) || !IsSet(message, column.field)) {
      if (describe::Has(*column.options, Field::REQUIRED)) {
        return Invalid(column.name, "FIELD_REQUIRED", absl::StrCat("缺少", column.options->label()));
      }
      continue;
    }
    RETURN_IF_ERROR(CheckColumn(message, column, codes, today));
  }
  return absl::OkStatus();
}

absl::Status CheckSetFields(const Message& message, const Table& table, const codes::CodeSets& codes,
                            absl::CivilDay today) {
  for (const Column& column : table.columns()) {
    if (IsSet(message, column.field)) RETURN_IF_ERROR(CheckColumn(message, column, codes, today));
  }
  return absl::OkStatus();
}

absl::StatusOr<Ids> IdsOf(const Table& table, absl::string_view name) {
  auto ids = describe::ParseName(table.pattern(), name);
  if (!ids || (table.has_district() && !describe::IsDistrictCode(ids->front())))
    return Invalid("name", "NAME_INVALID", absl::StrCat("名称应为 ", table.pattern().text));
  return Ids(ids->begin(), ids->end());
}

absl::Status CheckId(absl::string_view id, const Table& table, absl::CivilDay today) {
  if (!describe::IsId(id)) return Invalid("name", "ID_INVALID", "编号只能用字母、数字和 . _ ~ -,最多63个字符");
  if (table.options().id_format() == Field::FORMAT_UNSPECIFIED) return absl::OkStatus();
  return codes::CheckFormat(table.options().id_format(), "name", id, today);
}

std::string ParentOf(absl::string_view name) {
  const size_t id = name.rfind('/');
  const size_t collection = id == absl::string_view::npos ? id : name.rfind('/', id - 1);
  return collection == absl::string_view::npos ? "" : std::string(name.substr(0, collection));
}

absl::Status CheckBelow(absl::string_view wanted, absl::string_view parent, absl::string_view field) {
  const std::vector<absl::string_view> expected = absl::StrSplit(wanted, '/');
  const std::vector<absl::string_view> given = absl::StrSplit(parent, '/');
  bool below = expected.size() == given.size();
  for (size_t i = 0; below && i < given.size(); ++i) below = expected[i] == "-" || expected[i] == given[i];
  if (below || wanted.empty()) return absl::OkStatus();
  return Invalid(field, "NAME_NOT_BELOW_PARENT", "记录不属于请求所指的上级");
}

void ClearOutputOnly(Message* message, const Table& table) {
  const auto* reflection = message->GetReflection();
  for (const Column& column : table.columns()) {
    if (describe::Has(*column.options, Field::OUTPUT_ONLY)) reflection->ClearField(message, column.field);
  }
  for (const FieldDescriptor* field : table.derived()) reflection->ClearField(message, field);
  reflection->ClearField(message, table.create_time_field());
  reflection->ClearField(message, table.update_time_field());
  reflection->ClearField(message, table.etag_field());
  message->DiscardUnknownFields();
}

bool FieldEquals(const Message& a, const Message& b, const FieldDescriptor* field) {
  google::protobuf::util::MessageDifferencer differencer;
  return differencer.CompareWithFields(a, b, {field}, {field});
}

absl::Status CheckImmutable(const Message& old, const Message& next, const Table& table) {
  for (const Column& column : table.columns()) {
    if (describe::Has(*column.options, Field::IMMUTABLE) && !FieldEquals(old, next, column.field)) {
      return Invalid(column.name, "FIELD_IMMUTABLE", absl::StrCat(column.options->label(), "不能修改"));
    }
  }
  return absl::OkStatus();
}

void CopyField(const Message& from, const FieldDescriptor* field, Message* to) { CopyFields(from, {field}, to); }

void CopyFields(const Message& from, const std::vector<const FieldDescriptor*>& fields, Message* to) {
  // Reflection has no copy of a field, but a swap.
  std::unique_ptr<Message> copy(from.New());
  copy->MergeFrom(from);
  to->GetReflection()->SwapFields(to, copy.get(), fields);
}

namespace {

bool SameFields(const Message& a, const Message& b, const std::vector<const FieldDescriptor*>& fields) {
  google::protobuf::util::MessageDifferencer differencer;
  return differencer.CompareWithFields(a, b, fields, fields);
}

}  // namespace

bool SameContent(const Message& a, const Message& b, const Table& table) {
  std::vector<const FieldDescriptor*> fields;
  for (const Column& column : table.columns()) fields.push_back(column.field);
  return SameFields(a, b, fields);
}

bool SameInput(const Message& a, const Message& b, const Table& table) {
  std::vector<const FieldDescriptor*> fields;
  for (const Column& column : table.columns()) {
    if (!describe::Has(*column.options, Field::OUTPUT_ONLY)) fields.push_back(column.field);
  }
  return SameFields(a, b, fields);
}

}  // namespace edudelta::resource
