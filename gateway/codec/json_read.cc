#include "gateway/codec/json_read.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/container/inlined_vector.h"
#include "common/base/error.h"
#include "gateway/codec/flaw_trail.h"
#include "gateway/codec/json_scalar.h"
#include "gateway/codec/json_wire.h"
#include "gateway/codec/json_write.h"
#include "gateway/codec/text.h"

namespace edudelta::gateway::codec {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
namespace ondemand = simdjson::ondemand;

constexpr int kMaxDepth = 32;

constexpr Flaw kSyntax = {"JSON_SYNTAX", "JSON 格式有误"};
constexpr Flaw kNull = {"VALUE_NULL", "此处不能为 null"};
constexpr Flaw kNotUtf8 = {"INVALID_UTF8", "文本不是有效的 UTF-8"};
constexpr Flaw kUnknownField = {"UNKNOWN_FIELD", "没有这个字段"};
constexpr Flaw kTooDeep = {"JSON_TOO_DEEP", "JSON 嵌套过深"};
constexpr Flaw kDuplicate = {"DUPLICATE_FIELD", "字段重复"};

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

absl::string_view View(std::string_view text) { return absl::string_view(text.data(), text.size()); }

// Walks the document once, forward, and writes the message's wire bytes as it goes. A failure notes its flaw at the
// leaf; the path is put together while the recursion unwinds, so that a good document pays nothing for it.
class Reader : public FlawTrail {
 public:
  // `escapes`: there is a \u somewhere in the document. `said` as in JsonCodec::Read; may be null.
  Reader(const Tables& tables, bool escapes, WireSink* sink, Fields* said)
      : tables_(tables), escapes_(escapes), sink_(*sink), said_(said) {}

  bool Root(ondemand::document& document, const TypeTable& table) {
    ondemand::object object;
    if (const auto error = document.get_object().get(object)) {
      return Fail(error == simdjson::INCORRECT_TYPE ? kWrongType : kSyntax);
    }
    switch (table.special) {
      case Special::kNone:
        if (!Members(table, object, 1, false)) return false;
        break;
      case Special::kAny:
        if (!Any(table, object, 1)) return false;
        break;
      case Special::kStruct:
        if (!Map(table.fields[0], object, 1)) return false;
        break;
      default:
        return Fail(kWrongType);
    }
    return document.current_location().error() == simdjson::OUT_OF_BOUNDS || Fail(kSyntax);
  }

 private:
  bool UnknownField(std::string_view name) {
    if (!simdjson::validate_utf8(name)) return Fail(kNotUtf8);
    return Fail(kUnknownField), At(View(name));
  }

  // Clients send fields in our order, as a rule: then the key, still quoted, is compared where it stands. Null when it
  // is not one of the next few.
  static const FieldEntry* Expected(const FieldEntry* entry, const FieldEntry* end, const char* key) {
    constexpr std::ptrdiff_t kAhead = 3;
    if (end - entry > kAhead) end = entry + kAhead;
    for (; entry < end; ++entry) {
      // The padding may be read, so a name of its length is safe anywhere.
      if (entry->StandsAt(key, simdjson::SIMDJSON_PADDING)) return entry;
    }
    return nullptr;
  }

  // `in_any`: skips "@type".
  bool Members(const TypeTable& table, ondemand::object& object, int depth, bool in_any) {
    if (depth > kMaxDepth) return Fail(kTooDeep);
    absl::InlinedVector<bool, 64> given(table.fields.size(), false);
    bool* const seen = given.data();
    uint64_t oneofs = 0;
    const FieldEntry* next = table.fields.data();
    const FieldEntry* const end = next + table.fields.size();
    for (auto each : object) {
      ondemand::field member;
      if (std::move(each).get(member)) return Fail(kSyntax);
      const FieldEntry* entry = Expected(next, end, member.key().raw());
      if (entry == nullptr) {
        std::string_view raw;
        if (member.unescaped_key().get(raw)) return Fail(kSyntax);
        if (in_any && raw == "@type") continue;
        entry = table.Find(View(raw));
        if (entry == nullptr) return UnknownField(raw);
      }
      next = entry + 1;
      if (std::exchange(seen[entry->index], true)) return Fail(kDuplicate), At(entry->name);
      if (!Member(*entry, member.value(), &oneofs, depth)) return At(entry->name);
    }
    if (depth > 1 || in_any || said_ == nullptr) return true;
    for (const FieldEntry& entry : table.fields) {
      if (seen[entry.index]) said_->push_back(entry.field);
    }
    return true;
  }

  // `oneofs`: a bit for each oneof of the message that is set.
  bool Member(const FieldEntry& entry, ondemand::value value, uint64_t* oneofs, int depth) {
    ondemand::json_type type;
    if (value.type().get(type)) return Fail(kSyntax);
    if (type == ondemand::json_type::null && (!entry.takes_null || entry.repeated)) return Null(value);
    if (entry.oneof >= 0) {
      const uint64_t bit = uint64_t{1} << (entry.oneof & 63);
      if ((*oneofs & bit) != 0) return Fail({"ONEOF_DUPLICATE", "这几个字段只能填一个"});
      *oneofs |= bit;
    }
    if (!entry.repeated) return One(entry, value, type, depth);
    if (entry.map) {
      ondemand::object object;
      if (type != ondemand::json_type::object) return Fail(kWrongType);
      if (value.get_object().get(object)) return Fail(kSyntax);
      return Map(entry, object, depth + 1);
    }
    if (type != ondemand::json_type::array) return Fail(kWrongType);
    return List(entry, value, depth + 1);
  }

  bool Null(ondemand::value& value) {
    bool null;
    return (!value.is_null().get(null) && null) || Fail(kSyntax);
  }

  bool List(const FieldEntry& entry, ondemand::value& value, int depth) {
    if (depth > kMaxDepth) return Fail(kTooDeep);
    ondemand::array array;
    if (value.get_array().get(array)) return Fail(kSyntax);
    size_t i = 0;
    for (auto each : array) {
      ondemand::value element;
      ondemand::json_type type;
      if (std::move(each).get(element) || element.type().get(type)) return Fail(kSyntax);
      if (type == ondemand::json_type::null && !entry.takes_null) return Fail(kNull), AtIndex(i);
      if (!One(entry, element, type, depth)) return AtIndex(i);
      ++i;
    }
    return true;
  }

  bool Map(const FieldEntry& entry, ondemand::object& object, int depth) {
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
      sink_.Tag(entry);
      const size_t begin = sink_.Begin();
      const bool boolean = key.cpp_type == FieldDescriptor::CPPTYPE_BOOL;
      if (boolean && name != "true" && name != "false") return Fail(kWrongType), At(name);
      if (!(boolean ? Bool(key, name == "true") : Text(key, name, false))) return At(name);
      // The bytes, not the text: "1" and "01" are the same key.
      if (!seen.emplace(sink_.data() + begin, sink_.size() - begin).second) return Fail(kDuplicate), At(name);
      ondemand::value content = member.value();
      ondemand::json_type type;
      if (content.type().get(type)) return Fail(kSyntax);
      if (type == ondemand::json_type::null && !value.takes_null) return Fail(kNull), At(name);
      if (!One(value, content, type, depth)) return At(name);
      sink_.End(begin);
    }
    return true;
  }

  // One value, which is not null unless the field takes null, tag and all.
  bool One(const FieldEntry& entry, ondemand::value& value, ondemand::json_type type, int depth) {
    if (entry.type != nullptr) {
      sink_.Tag(entry);
      const size_t begin = sink_.Begin();
      if (!Nested(*entry.type, value, type, depth)) return false;
      sink_.End(begin);
      return true;
    }
    switch (type) {
      case ondemand::json_type::string: {
        std::string_view text;
        return String(value, &text) && Text(entry, View(text), false);
      }
      case ondemand::json_type::number: {
        absl::string_view text;
        return Number(value, &text) && Text(entry, text, true);
      }
      case ondemand::json_type::boolean: {
        bool boolean;
        if (value.get_bool().get(boolean)) return Fail(kSyntax);
        return Bool(entry, boolean);
      }
      case ondemand::json_type::null:
        return Null(value) && Text(entry, "0", true);
      case ondemand::json_type::object:
      case ondemand::json_type::array:
        break;
    }
    return Fail(kWrongType);
  }

  bool Bool(const FieldEntry& entry, bool value) {
    if (entry.cpp_type != FieldDescriptor::CPPTYPE_BOOL) return Fail(kWrongType);
    sink_.Tag(entry);
    sink_.Varint(value ? 1 : 0);
    return true;
  }

  bool Text(const FieldEntry& entry, absl::string_view text, bool bare) {
    return Check(PutText(entry, text, bare, &sink_));
  }

  bool String(ondemand::value& value, std::string_view* text) {
    if (value.get_string().get(*text)) return Fail(kSyntax);
    // A lone low surrogate passes this version's unescaping. The rest was checked with the whole document.
    if (escapes_ && !simdjson::validate_utf8(*text)) return Fail(kNotUtf8);
    return true;
  }

  bool Number(ondemand::value& value, absl::string_view* text) {
    absl::string_view token = View(value.raw_json_token());
    while (!token.empty() && IsBlank(token.back())) token.remove_suffix(1);
    const absl::string_view digits = !token.empty() && token[0] == '-' ? token.substr(1) : token;
    const bool leading_zero = digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
    if (leading_zero) return Fail(kSyntax);
    *text = token;
    return true;
  }

  // The content of one message.
  bool Nested(const TypeTable& table, ondemand::value& value, ondemand::json_type type, int depth) {
    switch (table.special) {
      case Special::kNone:
      case Special::kAny:
      case Special::kStruct: {
        ondemand::object object;
        if (type != ondemand::json_type::object) return Fail(kWrongType);
        if (value.get_object().get(object)) return Fail(kSyntax);
        if (table.special == Special::kAny) return Any(table, object, depth + 1);
        if (table.special == Special::kStruct) return Map(table.fields[0], object, depth + 1);
        return Members(table, object, depth + 1, false);
      }
      case Special::kTimestamp:
      case Special::kDuration:
      case Special::kFieldMask:
      case Special::kDate: {
        std::string_view text;
        if (type != ondemand::json_type::string) return Fail(kWrongType);
        return String(value, &text) && Check(PutSpecial(table, View(text), &sink_));
      }
      case Special::kWrapper:
        return One(table.fields[0], value, type, depth);
      case Special::kListValue:
        if (type != ondemand::json_type::array) return Fail(kWrongType);
        return List(table.fields[0], value, depth + 1);
      case Special::kValue:
        return AnyValue(table, value, type, depth);
    }
    return false;
  }

  bool AnyValue(const TypeTable& table, ondemand::value& value, ondemand::json_type type, int depth) {
    // The numbers of google.protobuf.Value's fields, less one.
    int field = 0;
    switch (type) {
      case ondemand::json_type::null:
        field = 0;
        break;
      case ondemand::json_type::number:
        field = 1;
        break;
      case ondemand::json_type::string:
        field = 2;
        break;
      case ondemand::json_type::boolean:
        field = 3;
        break;
      case ondemand::json_type::object:
        field = 4;
        break;
      case ondemand::json_type::array:
        field = 5;
        break;
    }
    return One(table.fields[field], value, type, depth);
  }

  bool Any(const TypeTable& table, ondemand::object& object, int depth) {
    if (depth > kMaxDepth) return Fail(kTooDeep);
    constexpr Flaw kUnknown = {"ANY_TYPE_UNKNOWN", "未知的 @type"};
    bool empty;
    if (object.is_empty().get(empty)) return Fail(kSyntax);
    if (empty) return true;
    std::string_view raw;
    const auto error = object.find_field_unordered("@type").get_string().get(raw);
    if (error == simdjson::NO_SUCH_FIELD || error == simdjson::INCORRECT_TYPE) return Fail(kUnknown), At("@type");
    if (error) return Fail(kSyntax);
    const auto* type = FindAnyType(View(raw));
    if (type == nullptr) return Fail(kUnknown), At("@type");
    sink_.Tag(table.fields[0]);
    sink_.Text(View(raw));
    const TypeTable& inner = tables_.Of(type);
    if (object.reset().error()) return Fail(kSyntax);
    sink_.Tag(table.fields[1]);
    const size_t begin = sink_.Begin();
    if (!(inner.special == Special::kNone ? Members(inner, object, depth, true) : AnyMembers(inner, object, depth))) {
      return false;
    }
    // What is packed is compared by its bytes: they shall not depend on the order of the JSON.
    std::unique_ptr<Message> value(inner.prototype->New());
    if (!value->ParseFromArray(sink_.data() + begin, static_cast<int>(sink_.size() - begin))) return Fail(kSyntax);
    sink_.Truncate(begin);
    sink_.Raw(value->SerializeAsString());
    sink_.End(begin);
    return true;
  }

  // {"@type": ..., "value": ...}
  bool AnyMembers(const TypeTable& inner, ondemand::object& object, int depth) {
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
      if (!Nested(inner, value, type, depth)) return At(name);
    }
    return seen || (Fail(kNull), At("value"));
  }

  const Tables& tables_;
  const bool escapes_;
  WireSink& sink_;
  Fields* const said_;
};

}  // namespace

struct JsonParser::Impl {
  ondemand::parser parser;
  WireSink sink;
  std::unique_ptr<char[]> buffer;
  size_t capacity = 0;
};

JsonParser::JsonParser() : impl_(std::make_unique<Impl>()) {}
JsonParser::~JsonParser() = default;

size_t JsonParser::memory() const { return impl_->capacity + impl_->sink.capacity(); }

absl::Status JsonParser::Read(const Tables& tables, absl::string_view json, Message* message, Fields* said) {
  if (json.empty()) return Invalid("body", kSyntax.reason, kSyntax.zh);
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
  impl_->sink.Clear();
  const bool escapes = HasUnicodeEscape(json);
  Reader reader(tables, escapes, &impl_->sink, said);
  if (!reader.Root(document, tables.Of(message->GetDescriptor()))) return reader.ToStatus();
  if (!message->ParsePartialFromArray(impl_->sink.data(), static_cast<int>(impl_->sink.size()))) {
    return Invalid("body", kSyntax.reason, kSyntax.zh);
  }
  return absl::OkStatus();
}

}  // namespace edudelta::gateway::codec
