#include "gateway/codec/json_scalar.h"

#include <utility>

#include "common/base/error.h"
#include "gateway/codec/json.h"
#include "gateway/codec/json_table.h"

namespace edudelta::gateway::codec {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

Flaw ParseEnum(const FieldDescriptor* field, absl::string_view text, bool bare, Scalar* scalar) {
  if (bare) {
    int32_t number;
    const NumberError error = ParseInt32(text, true, &number);
    scalar->i = number;
    return FlawOf(error);
  }
  const auto* value = field->enum_type()->FindValueByName(std::string(text));
  if (value == nullptr) return {"ENUM_UNKNOWN", "不是可用的取值"};
  scalar->i = value->number();
  return {};
}

Flaw ParseString(const FieldDescriptor* field, absl::string_view text, bool bare, Scalar* scalar) {
  if (bare) return {"VALUE_WRONG_TYPE", "应为文本"};
  scalar->text = text;
  if (field->type() == FieldDescriptor::TYPE_BYTES) {
    if (!ParseBase64(text, &scalar->decoded)) return {"BASE64_INVALID", "不是有效的 base64"};
    scalar->text = scalar->decoded;
  }
  return {};
}

}  // namespace

Flaw ParseScalar(const FieldDescriptor* field, FieldDescriptor::CppType type, absl::string_view text, bool bare,
                 Scalar* scalar) {
  switch (type) {
    case FieldDescriptor::CPPTYPE_INT32: {
      int32_t value;
      const NumberError error = ParseInt32(text, bare, &value);
      scalar->i = value;
      return FlawOf(error);
    }
    case FieldDescriptor::CPPTYPE_UINT32: {
      uint32_t value;
      const NumberError error = ParseUint32(text, bare, &value);
      scalar->u = value;
      return FlawOf(error);
    }
    case FieldDescriptor::CPPTYPE_INT64:
      return FlawOf(ParseInt64(text, bare, &scalar->i));
    case FieldDescriptor::CPPTYPE_UINT64:
      return FlawOf(ParseUint64(text, bare, &scalar->u));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return FlawOf(ParseDouble(text, !bare, &scalar->d));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return FlawOf(ParseFloat(text, !bare, &scalar->f));
    case FieldDescriptor::CPPTYPE_ENUM:
      return ParseEnum(field, text, bare, scalar);
    case FieldDescriptor::CPPTYPE_STRING:
      return ParseString(field, text, bare, scalar);
    case FieldDescriptor::CPPTYPE_BOOL:
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return kWrongType;
}

Flaw StoreBool(const FieldDescriptor* field, bool value, Message* message) {
  const auto* reflection = message->GetReflection();
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_BOOL) return kWrongType;
  field->is_repeated() ? reflection->AddBool(message, field, value) : reflection->SetBool(message, field, value);
  return {};
}

Flaw StoreText(const FieldDescriptor* field, absl::string_view text, Message* message) {
  Scalar scalar;
  const Flaw flaw = ParseScalar(field, field->cpp_type(), text, false, &scalar);
  if (flaw.reason != nullptr) return flaw;
  const auto* r = message->GetReflection();
  const bool many = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      many ? r->AddInt32(message, field, scalar.i) : r->SetInt32(message, field, scalar.i);
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      many ? r->AddInt64(message, field, scalar.i) : r->SetInt64(message, field, scalar.i);
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      many ? r->AddUInt32(message, field, scalar.u) : r->SetUInt32(message, field, scalar.u);
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      many ? r->AddUInt64(message, field, scalar.u) : r->SetUInt64(message, field, scalar.u);
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      many ? r->AddDouble(message, field, scalar.d) : r->SetDouble(message, field, scalar.d);
      break;
    case FieldDescriptor::CPPTYPE_FLOAT:
      many ? r->AddFloat(message, field, scalar.f) : r->SetFloat(message, field, scalar.f);
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      many ? r->AddEnumValue(message, field, scalar.i) : r->SetEnumValue(message, field, scalar.i);
      break;
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string value(scalar.text);
      many ? r->AddString(message, field, std::move(value)) : r->SetString(message, field, std::move(value));
      break;
    }
    case FieldDescriptor::CPPTYPE_BOOL:
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return {};
}

Flaw ParseTime(absl::string_view text, bool duration, int64_t* seconds, int32_t* nanos) {
  if (duration) {
    if (!ParseDuration(text, seconds, nanos)) return {"DURATION_INVALID", "时长应写成 3.5s 的形式"};
  } else if (!ParseTimestamp(text, seconds, nanos)) {
    return {"TIME_INVALID", "时间应写成 2025-09-01T08:00:00Z 的形式"};
  }
  return {};
}

Flaw ParseDay(absl::string_view text, int* year, int* month, int* day) {
  if (ParseDate(text, year, month, day)) return {};
  return {"DATE_INVALID", "日期不存在，或不是 2025-09-01 的形式"};
}

Flaw ParsePaths(absl::string_view text, std::vector<std::string>* paths) {
  if (ParseFieldMask(text, paths)) return {};
  return {"FIELD_MASK_INVALID", "字段清单有误"};
}

Flaw StoreSpecial(absl::string_view text, Message* message) {
  const auto* type = message->GetDescriptor();
  const auto* reflection = message->GetReflection();
  Flaw flaw = kWrongType;
  switch (const Special special = SpecialOf(type)) {
    case Special::kTimestamp:
    case Special::kDuration: {
      int64_t seconds = 0;
      int32_t nanos = 0;
      flaw = ParseTime(text, special == Special::kDuration, &seconds, &nanos);
      reflection->SetInt64(message, type->field(0), seconds);
      reflection->SetInt32(message, type->field(1), nanos);
      break;
    }
    case Special::kDate: {
      int year = 0, month = 0, day = 0;
      flaw = ParseDay(text, &year, &month, &day);
      reflection->SetInt32(message, type->field(0), year);
      reflection->SetInt32(message, type->field(1), month);
      reflection->SetInt32(message, type->field(2), day);
      break;
    }
    case Special::kFieldMask: {
      std::vector<std::string> paths;
      flaw = ParsePaths(text, &paths);
      for (std::string& path : paths) reflection->AddString(message, type->field(0), std::move(path));
      break;
    }
    default:
      break;
  }
  return flaw;
}

absl::Status SetFromText(const FieldDescriptor* field, absl::string_view text, Message* message) {
  Flaw flaw;
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    const auto* reflection = message->GetReflection();
    Message* inner =
        field->is_repeated() ? reflection->AddMessage(message, field) : reflection->MutableMessage(message, field);
    if (SpecialOf(field->message_type()) == Special::kWrapper) {
      const absl::Status status = SetFromText(field->message_type()->field(0), text, inner);
      return status.ok() ? status : Invalid(field->name(), ReasonOf(status), ChineseOf(status));
    }
    flaw = StoreSpecial(text, inner);
  } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL && (text == "true" || text == "false")) {
    flaw = StoreBool(field, text == "true", message);
  } else {
    flaw = StoreText(field, text, message);
  }
  return flaw.reason == nullptr ? absl::OkStatus() : Invalid(field->name(), flaw.reason, flaw.zh);
}

}  // namespace edudelta::gateway::codec
