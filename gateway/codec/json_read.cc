#include "gateway/codec/json_read.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "gateway/codec/json_scalar.h"
#include "gateway/codec/json_write.h"

namespace edudelta::gateway::codec {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
namespace ondemand = simdjson::ondemand;

constexpr int kMaxDepth = 32;
constexpr size_t kMaxNameInError = 80;

constexpr Flaw kSyntax = {"JSON_SYNTAX", "JSON 格式有误"};
constexpr Flaw kWrongType = {"VALUE_WRONG_TYPE", "值的类型不对"};
constexpr Flaw kNull = {"VALUE_NULL", "此处不能为 null"};
constexpr Flaw kNotUtf8 = {"INVALID_UTF8", "文本不是有效的 UTF-8"};
constexpr Flaw kUnknownField = {"UNKNOWN_FIELD", "没有这个字段"};
constexpr Flaw kTooDeep = {"JSON_TOO_DEEP", "JSON 嵌套过深"};
constexpr Flaw kDuplicate = {"DUPLICATE_FIELD", "字段重复"};

absl::string_view View(std::string_view text) { return absl::string_view(text.data(), text.size()); }

// Walks the document once, forward, and fills the message as it goes. A failure notes its flaw at the leaf; the path is
// put together while the recursion unwinds, so that a good document pays nothing for it.
class Reader {
 public:
  explicit Reader(const Tables& tables) : tables_(tables) {}

  bool Root(ondemand::document& document, const TypeTable& table, Message* message) {
    ondemand::object object;
    if (const auto error = document.get_object().get(object)) {
      return Fail(error == simdjson::INCORRECT_TYPE ? kWrongType : kSyntax);
    }
    switch (table.special) {
      case Special::kNone:
        if (!Members(table, object, message, 1, false)) return false;
        break;
      case Special::kAny:
        if (!Any(table, object, message, 1)) return false;
        break;
      case Special::kStruct:
        if (!Map(table.fields[0], object, message, 1)) return false;
        break;
      default:
        return Fail(kWrongType);
    }
    return document.current_location().error() == simdjson::OUT_OF_BOUNDS || Fail(kSyntax);
  }

  absl::Status ToStatus() const { return Invalid(path_.empty() ? "body" : path_, flaw_.reason, flaw_.zh); }

 private:
  bool Fail(Flaw flaw) {
    flaw_ = flaw;
    return false;
  }
  bool Check(Flaw flaw) { return flaw.reason == nullptr || Fail(flaw); }
  bool At(absl::string_view name) {
    size_t length = std::min(name.size(), kMaxNameInError);
    while (length > 0 && length < name.size() && (name[length] & 0xC0) == 0x80) --length;
    const absl::string_view shown = name.substr(0, length);
    path_ = path_.empty() || path_[0] == '[' ? absl::StrCat(shown, path_) : absl::StrCat(shown, ".", path_);
    return false;
  }
  bool AtIndex(size_t i) {
    const bool join = !path_.empty() && path_[0] != '[';
    path_ = absl::StrCat("[", i, "]", join ? "." : "", path_);
    return false;
  }

  bool UnknownField(std::string_view name) {
    if (!simdjson::validate_utf8(name)) return Fail(kNotUtf8);
    return Fail(kUnknownField), At(View(name));
  }

  // `in_any`: skips "@type".
  bool Members(const TypeTable& table, ondemand::object& object, Message* message, int depth, bool in_any) {
    if (depth > kMaxDepth) return Fail(kTooDeep);
    absl::InlinedVector<bool, 64> seen(table.fields.size(), false);
    size_t hint = 0;
    for (auto each : object) {
      ondemand::field member;
      std::string_view raw;
      if (std::move(each).get(member) || member.unescaped_key().get(raw)) return Fail(kSyntax);
      const absl::string_view name = View(raw);
      if (in_any && name == "@type") continue;
      const FieldEntry* entry = table.Find(name, hint);
      if (entry == nullptr) return UnknownField(raw);
      hint = entry->index + 1;
      if (seen[entry->index]) return Fail(kDuplicate), At(name);
      seen[entry->index] = true;
      if (!Member(*entry, member.value(), message, depth)) return At(entry->name);
    }
    return true;
  }

  bool Member(const FieldEntry& entry, ondemand::value value, Message* message, int depth) {
    ondemand::json_type type;
    if (value.type().get(type)) return Fail(kSyntax);
    if (type == ondemand::json_type::null && (!entry.takes_null || entry.repeated)) return Null(value);
    if (entry.oneof && message->GetReflection()->HasOneof(*message, entry.field->containing_oneof())) {
      return Fail({"ONEOF_DUPLICATE", "这几个字段只能填一个"});
    }
    if (!entry.repeated) return One(entry, value, type, message, depth);
    if (entry.map) {
      ondemand::object object;
      if (type != ondemand::json_type::object) return Fail(kWrongType);
      if (value.get_object().get(object)) return Fail(kSyntax);
      return Map(entry, object, message, depth + 1);
    }
    if (type != ondemand::json_type::array) return Fail(kWrongType);
    return List(entry, value, message, depth + 1);
  }

  bool Null(ondemand::value& value) {
    bool null;
    return (!value.is_null().get(null) && null) || Fail(kSyntax);
  }

  bool List(const FieldEntry& entry, ondemand::value& value, Message* message, int depth) {
    if (depth > kMaxDepth) return Fail(kTooDeep);
    ondemand::array array;
    if (value.get_array().get(array)) return Fail(kSyntax);
    size_t i = 0;
    for (auto each : array) {
      ondemand::value element;
      ondemand::json_type type;
      if (std::move(each).get(element) || element.type().get(type)) return Fail(kSyntax);
      if (type == ondemand::json_type::null && !entry.takes_null) return Fail(kNull), AtIndex(i);
      if (!One(entry, element, type, message, depth)) return AtIndex(i);
      ++i;
    }
    return true;
  }

  bool Map(const FieldEntry& entry, ondemand::object& object, Message* message, int depth) {
    if (depth > kMaxDepth) return Fail(kTooDeep);
    const FieldEntry& key = entry.type->fields[0];
    const FieldEntry& value = entry.type->fields[1];
    absl::flat_hash_set<std::string> seen;
    for (auto each : object) {
      ondemand::field member;
      std::string_view raw;
      if (std::move(each).get(member) || member.unescaped_key().get(raw)) return Fail(kSyntax);
      const absl::string_view name = View(raw);
      if (!simdjson::validate_utf8(raw)) return Fail(kNotUtf8);
      Message* pair = message->GetReflection()->AddMessage(message, entry.field);
      const bool boolean = key.cpp_type == FieldDescriptor::CPPTYPE_BOOL;
      if (boolean && name != "true" && name != "false") return Fail(kWrongType), At(name);
      if (!Check(boolean ? StoreBool(key.field, name == "true", pair) : StoreText(key.field, name, false, pair))) {
        return At(name);
      }
      // "1" and "01" are the same key.
      std::string same = key.cpp_type == FieldDescriptor::CPPTYPE_STRING ? std::string(name) : pair->SerializePartialAsString();
      if (!seen.insert(std::move(same)).second) return Fail(kDuplicate), At(name);
      ondemand::value content = member.value();
      ondemand::json_type type;
      if (content.type().get(type)) return Fail(kSyntax);
      if (type == ondemand::json_type::null && !value.takes_null) return Fail(kNull), At(name);
      if (!One(value, content, type, pair, depth)) return At(name);
    }
    return true;
  }

  // One value, which is not null unless the field takes null, into a singular field or at the end of a repeated one.
  bool One(const FieldEntry& entry, ondemand::value& value, ondemand::json_type type, Message* message, int depth) {
    if (entry.cpp_type == FieldDescriptor::CPPTYPE_MESSAGE) {
      const auto* reflection = message->GetReflection();
      Message* inner = entry.repeated ? reflection->AddMessage(message, entry.field)
                                      : reflection->MutableMessage(message, entry.field);
      return Nested(*entry.type, value, type, inner, depth);
    }
    switch (type) {
      case ondemand::json_type::string: {
        std::string_view text;
        if (!String(value, &text)) return false;
        return Check(StoreText(entry.field, View(text), false, message));
      }
      case ondemand::json_type::number: {
        absl::string_view text;
        return Number(value, &text) && Check(StoreText(entry.field, text, true, message));
      }
      case ondemand::json_type::boolean: {
        bool boolean;
        if (value.get_bool().get(boolean)) return Fail(kSyntax);
        return Check(StoreBool(entry.field, boolean, message));
      }
      case ondemand::json_type::null:
        return Null(value) && Check(StoreText(entry.field, "0", true, message));
      case ondemand::json_type::object:
      case ondemand::json_type::array:
        break;
    }
    return Fail(kWrongType);
  }

  bool String(ondemand::value& value, std::string_view* text) {
    const size_t raw = View(value.raw_json_token()).rfind('"') - 1;
    if (value.get_string().get(*text)) return Fail(kSyntax);
    // A lone low surrogate passes this version's unescaping. What was not escaped was checked with the whole document.
    if (text->size() != raw && !simdjson::validate_utf8(*text)) return Fail(kNotUtf8);
    return true;
  }

  bool Number(ondemand::value& value, absl::string_view* text) {
    absl::string_view token = View(value.raw_json_token());
    while (!token.empty() && std::strchr(" \t\r\n", token.back()) != nullptr) token.remove_suffix(1);
    const absl::string_view digits = !token.empty() && token[0] == '-' ? token.substr(1) : token;
    const bool leading_zero = digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
    if (leading_zero) return Fail(kSyntax);
    *text = token;
    return true;
  }

  bool Nested(const TypeTable& table, ondemand::value& value, ondemand::json_type type, Message* message, int depth) {
    switch (table.special) {
      case Special::kNone:
      case Special::kAny:
      case Special::kStruct: {
        ondemand::object object;
        if (type != ondemand::json_type::object) return Fail(kWrongType);
        if (value.get_object().get(object)) return Fail(kSyntax);
        if (table.special == Special::kAny) return Any(table, object, message, depth + 1);
        if (table.special == Special::kStruct) return Map(table.fields[0], object, message, depth + 1);
        return Members(table, object, message, depth + 1, false);
      }
      case Special::kTimestamp:
      case Special::kDuration:
      case Special::kFieldMask:
      case Special::kDate: {
        std::string_view text;
        if (type != ondemand::json_type::string) return Fail(kWrongType);
        return String(value, &text) && Check(StoreSpecial(View(text), message));
      }
      case Special::kWrapper:
        return One(table.fields[0], value, type, message, depth);
      case Special::kListValue:
        if (type != ondemand::json_type::array) return Fail(kWrongType);
        return List(table.fields[0], value, message, depth + 1);
      case Special::kValue:
        return AnyValue(table, value, type, message, depth);
    }
    return false;
  }

  bool AnyValue(const TypeTable& table, ondemand::value& value, ondemand::json_type type, Message* message,
                int depth) {
    const auto field = [&](const char* name) -> const FieldEntry& { return *table.by_name.find(name)->second; };
    switch (type) {
      case ondemand::json_type::null:
        return One(field("null_value"), value, type, message, depth);
      case ondemand::json_type::boolean:
        return One(field("bool_value"), value, type, message, depth);
      case ondemand::json_type::number:
        return One(field("number_value"), value, type, message, depth);
      case ondemand::json_type::string:
        return One(field("string_value"), value, type, message, depth);
      case ondemand::json_type::object:
        return One(field("struct_value"), value, type, message, depth);
      case ondemand::json_type::array:
        return One(field("list_value"), value, type, message, depth);
    }
    return false;
  }

  bool Any(const TypeTable& table, ondemand::object& object, Message* message, int depth) {
    if (depth > kMaxDepth) return Fail(kTooDeep);
    constexpr Flaw kUnknown = {"ANY_TYPE_UNKNOWN", "未知的 @type"};
    bool empty;
    if (object.is_empty().get(empty)) return Fail(kSyntax);
    if (empty) return true;
    std::string_view raw;
    const auto error = object.find_field_unordered("@type").get_string().get(raw);
    if (error == simdjson::NO_SUCH_FIELD || error == simdjson::INCORRECT_TYPE) return Fail(kUnknown), At("@type");
    if (error) return Fail(kSyntax);
    const std::string url(raw);
    const auto* type = FindAnyType(url);
    if (type == nullptr) return Fail(kUnknown), At("@type");
    const TypeTable& inner = tables_.Of(type);
    std::unique_ptr<Message> value(inner.prototype->New());
    if (object.reset().error()) return Fail(kSyntax);
    if (!(inner.special == Special::kNone ? Members(inner, object, value.get(), depth, true)
                                          : AnyMembers(inner, object, value.get(), depth))) {
      return false;
    }
    message->GetReflection()->SetString(message, table.fields[0].field, url);
    message->GetReflection()->SetString(message, table.fields[1].field, value->SerializeAsString());
    return true;
  }

  // {"@type": ..., "value": ...}
  bool AnyMembers(const TypeTable& inner, ondemand::object& object, Message* message, int depth) {
    bool seen = false;
    for (auto each : object) {
      ondemand::field member;
      std::string_view raw;
      if (std::move(each).get(member) || member.unescaped_key().get(raw)) return Fail(kSyntax);
      const absl::string_view name = View(raw);
      if (name == "@type") continue;
      if (name != "value") return UnknownField(raw);
      if (seen) return Fail(kDuplicate), At(name);
      seen = true;
      ondemand::value value = member.value();
      ondemand::json_type type;
      if (value.type().get(type)) return Fail(kSyntax);
      if (type == ondemand::json_type::null && inner.special != Special::kValue) return Fail(kNull), At(name);
      if (!Nested(inner, value, type, message, depth)) return At(name);
    }
    return seen || (Fail(kNull), At("value"));
  }

  const Tables& tables_;
  Flaw flaw_;
  std::string path_;
};

}  // namespace

struct JsonParser::Impl {
  ondemand::parser parser;
  std::unique_ptr<char[]> buffer;
  size_t capacity = 0;
};

JsonParser::JsonParser() : impl_(std::make_unique<Impl>()) {}
JsonParser::~JsonParser() = default;

size_t JsonParser::memory() const { return impl_->capacity; }

absl::Status JsonParser::Read(const Tables& tables, absl::string_view json, Message* message) {
  message->Clear();
  const size_t needed = json.size() + simdjson::SIMDJSON_PADDING;
  if (impl_->capacity < needed) {
    impl_->capacity = needed + needed / 2;
    impl_->buffer.reset(new char[impl_->capacity]);
  }
  std::memcpy(impl_->buffer.get(), json.data(), json.size());
  std::memset(impl_->buffer.get() + json.size(), ' ', simdjson::SIMDJSON_PADDING);
  ondemand::document document;
  if (const auto error = impl_->parser.iterate(impl_->buffer.get(), json.size(), impl_->capacity).get(document)) {
    if (error == simdjson::UTF8_ERROR) return Invalid("body", "INVALID_UTF8", "文本不是有效的 UTF-8");
    return Invalid("body", kSyntax.reason, kSyntax.zh);
  }
  Reader reader(tables);
  if (reader.Root(document, tables.Of(message->GetDescriptor()), message)) return absl::OkStatus();
  return reader.ToStatus();
}

}  // namespace edudelta::gateway::codec
