#include "gateway/codec/json_scalar.h"

#include "common/base/error.h"
#include "gateway/codec/json.h"
#include "gateway/codec/json_table.h"

namespace edudelta::gateway::codec {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

Flaw StoreEnum(const FieldDescriptor* field, absl::string_view text, bool bare, Message* message) {
  int number = 0;
  if (bare) {
    if (const NumberError error = ParseInt32(text, true, &number); error != NumberError::kNone) return FlawOf(error);
  } else {
    const auto* value = field->enum_type()->FindValueByName(std::string(text));
    if (value == nullptr) return {"ENUM_UNKNOWN", "不是可用的取值"};
    number = value->number();
  }
  if (field->is_repeated()) {
    message->GetReflection()->AddEnumValue(message, field, number);
  } else {
    message->GetReflection()->SetEnumValue(message, field, number);
  }
  return {};
}

Flaw StoreString(const FieldDescriptor* field, absl::string_view text, bool bare, Message* message) {
  if (bare) return {"VALUE_WRONG_TYPE", "应为文本"};
  std::string value;
  if (field->type() == FieldDescriptor::TYPE_BYTES) {
    if (!ParseBase64(text, &value)) return {"BASE64_INVALID", "不是有效的 base64"};
  } else {
    value.assign(text.data(), text.size());
  }
  if (field->is_repeated()) {
    message->GetReflection()->AddString(message, field, std::move(value));
  } else {
    message->GetReflection()->SetString(message, field, std::move(value));
  }
  return {};
}

}  // namespace

Flaw StoreBool(const FieldDescriptor* field, bool value, Message* message) {
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_BOOL) return {"VALUE_WRONG_TYPE", "值的类型不对"};
  if (field->is_repeated()) {
    message->GetReflection()->AddBool(message, field, value);
  } else {
    message->GetReflection()->SetBool(message, field, value);
  }
  return {};
}

Flaw StoreText(const FieldDescriptor* field, absl::string_view text, bool bare, Message* message) {
  const auto store = [&](auto parse, auto set, auto add, auto value) -> Flaw {
    if (const NumberError error = parse(text, bare, &value); error != NumberError::kNone) return FlawOf(error);
    const auto* reflection = message->GetReflection();
    field->is_repeated() ? (reflection->*add)(message, field, value) : (reflection->*set)(message, field, value);
    return {};
  };
  using R = google::protobuf::Reflection;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return store(ParseInt32, &R::SetInt32, &R::AddInt32, int32_t{});
    case FieldDescriptor::CPPTYPE_INT64:
      return store(ParseInt64, &R::SetInt64, &R::AddInt64, int64_t{});
    case FieldDescriptor::CPPTYPE_UINT32:
      return store(ParseUint32, &R::SetUInt32, &R::AddUInt32, uint32_t{});
    case FieldDescriptor::CPPTYPE_UINT64:
      return store(ParseUint64, &R::SetUInt64, &R::AddUInt64, uint64_t{});
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return store([](absl::string_view t, bool bare, double* v) { return ParseDouble(t, !bare, v); }, &R::SetDouble,
                   &R::AddDouble, double{});
    case FieldDescriptor::CPPTYPE_FLOAT:
      return store([](absl::string_view t, bool bare, float* v) { return ParseFloat(t, !bare, v); }, &R::SetFloat,
                   &R::AddFloat, float{});
    case FieldDescriptor::CPPTYPE_ENUM:
      return StoreEnum(field, text, bare, message);
    case FieldDescriptor::CPPTYPE_STRING:
      return StoreString(field, text, bare, message);
    case FieldDescriptor::CPPTYPE_BOOL:
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return {"VALUE_WRONG_TYPE", "值的类型不对"};
}

Flaw StoreSpecial(absl::string_view text, Message* message) {
  const auto* type = message->GetDescriptor();
  const auto* reflection = message->GetReflection();
  const Special special = SpecialOf(type);
  if (special == Special::kTimestamp || special == Special::kDuration) {
    int64_t seconds;
    int32_t nanos;
    if (special == Special::kTimestamp && !ParseTimestamp(text, &seconds, &nanos)) {
      return {"TIME_INVALID", "时间应写成 2025-09-01T08:00:00Z 的形式"};
    }
    if (special == Special::kDuration && !ParseDuration(text, &seconds, &nanos)) {
      return {"DURATION_INVALID", "时长应写成 3.5s 的形式"};
    }
    reflection->SetInt64(message, type->field(0), seconds);
    reflection->SetInt32(message, type->field(1), nanos);
    return {};
  }
  if (special == Special::kDate) {
    int year, month, day;
    if (!ParseDate(text, &year, &month, &day)) return {"DATE_INVALID", "日期不存在, 或不是 2025-09-01 的形式"};
    reflection->SetInt32(message, type->field(0), year);
    reflection->SetInt32(message, type->field(1), month);
    reflection->SetInt32(message, type->field(2), day);
    return {};
  }
  if (special == Special::kFieldMask) {
    std::vector<std::string> paths;
    if (!ParseFieldMask(text, &paths)) return {"FIELD_MASK_INVALID", "字段清单有误"};
    for (std::string& path : paths) reflection->AddString(message, type->field(0), std::move(path));
    return {};
  }
  return {"VALUE_WRONG_TYPE", "值的类型不对"};
}

absl::Status SetFromText(const FieldDescriptor* field, absl::string_view text, Message* message) {
  Flaw flaw;
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    const auto* reflection = message->GetReflection();
    Message* inner = field->is_repeated() ? reflection->AddMessage(message, field)
                                          : reflection->MutableMessage(message, field);
    if (SpecialOf(field->message_type()) == Special::kWrapper) {
      const absl::Status status = SetFromText(field->message_type()->field(0), text, inner);
      return status.ok() ? status : Invalid(field->name(), ReasonOf(status), ChineseOf(status));
    }
    flaw = StoreSpecial(text, inner);
  } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL && (text == "true" || text == "false")) {
    flaw = StoreBool(field, text == "true", message);
  } else {
    flaw = StoreText(field, text, false, message);
  }
  return flaw.reason == nullptr ? absl::OkStatus() : Invalid(field->name(), flaw.reason, flaw.zh);
}

}  // namespace edudelta::gateway::codec
