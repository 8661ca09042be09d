#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/strip.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "gateway/codec/json.h"
#include "gateway/codec/json_table.h"
#include "gateway/codec/json_values.h"
#include "gateway/codec/json_write.h"

namespace edudelta::gateway::codec {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Room for any number, time or punctuation.
constexpr size_t kSmall = 64;

bool NeedsEscape(unsigned char c) { return c < 0x20 || c == '"' || c == '\\'; }

// Whether one of eight bytes needs an escape; exact for the first such byte, which is all that is asked.
bool AnyNeedsEscape(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHigh = 0x8080808080808080;
  const auto zero = [](uint64_t v) { return (v - kOnes) & ~v; };
  const uint64_t control = (word - kOnes * 0x20) & ~word;
  return ((control | zero(word ^ (kOnes * '"')) | zero(word ^ (kOnes * '\\'))) & kHigh) != 0;
}

// Writes into a string's own memory by pointer: appending piece by piece costs more than the pieces.
class Sink {
 public:
  explicit Sink(std::string* out) : out_(out), begin_(out->size()) { Grow(512); }

  size_t size() const { return at_ - out_->data(); }
  void Finish() { out_->resize(size()); }
  void Abandon() { out_->resize(begin_); }

  // Room for `count` bytes; valid until the next call of a member.
  char* Reserve(size_t count) {
    if (static_cast<size_t>(end_ - at_) < count) Grow(count);
    return at_;
  }
  void Advance(char* to) { at_ = to; }

  void Char(char c) {
    Reserve(1);
    *at_++ = c;
  }
  void Raw(absl::string_view text) {
    Reserve(text.size());
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void Quoted(absl::string_view text) {
    // The common case, all bytes plain, costs one copy.
    char* to = Reserve(text.size() + 2);
    *to++ = '"';
    const char* from = text.data();
    const char* const last = from + text.size();
    while (last - from >= 8) {
      uint64_t word;
      std::memcpy(&word, from, 8);
      if (AnyNeedsEscape(word)) break;
      std::memcpy(to, &word, 8);
      from += 8;
      to += 8;
    }
    while (from < last && !NeedsEscape(static_cast<unsigned char>(*from))) *to++ = *from++;
    at_ = to;
    if (from == last) {
      *at_++ = '"';
      return;
    }
    Escape(absl::string_view(from, last - from));
    Char('"');
  }

 private:
  void Escape(absl::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    char* to = Reserve(6 * text.size());
    for (const char c : text) {
      if (!NeedsEscape(static_cast<unsigned char>(c))) {
        *to++ = c;
        continue;
      }
      *to++ = '\\';
      switch (c) {
        case '"':
        case '\\':
          *to++ = c;
          break;
        case '\n':
          *to++ = 'n';
          break;
        case '\r':
          *to++ = 'r';
          break;
        case '\t':
          *to++ = 't';
          break;
        default:
          std::memcpy(to, "u00", 3);
          to[3] = kHex[(c >> 4) & 15];
          to[4] = kHex[c & 15];
          to += 5;
      }
    }
    at_ = to;
  }

  void Grow(size_t count) {
    const size_t used = at_ == nullptr ? begin_ : size();
    out_->resize(std::max(used + count + kSmall, used * 2));
    at_ = out_->data() + used;
    end_ = out_->data() + out_->size();
  }

  std::string* out_;
  size_t begin_;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

class Writer {
 public:
  Writer(const Tables& tables, Sink* sink) : tables_(tables), sink_(*sink) {}

  absl::string_view problem() const { return problem_; }

  bool Value(const TypeTable& table, const Message& message) {
    if (table.special != Special::kNone) return SpecialValue(table, message);
    return Object(table, message, false);
  }

 private:
  // `open`: the brace and at least one member are already written.
  bool Object(const TypeTable& table, const Message& message, bool open) {
    if (!open) sink_.Char('{');
    bool first = !open;
    const Reflection& reflection = *message.GetReflection();
    for (const FieldEntry& entry : table.fields) {
      if (!Member(entry, message, reflection, &first)) return false;
    }
    sink_.Char('}');
    return true;
  }

  void Key(const FieldEntry& entry, bool* first) {
    const absl::string_view key = entry.key;
    sink_.Raw(*first ? key.substr(1) : key);
    *first = false;
  }

  bool Member(const FieldEntry& entry, const Message& message, const Reflection& reflection, bool* first) {
    if (entry.repeated) {
      const int count = reflection.FieldSize(message, entry.field);
      if (count == 0) return true;
      Key(entry, first);
      return entry.map ? Map(entry, message, reflection, count) : List(entry, message, reflection, count);
    }
    if (entry.cpp_type == FieldDescriptor::CPPTYPE_STRING && !entry.presence) {
      std::string scratch;
      const std::string& text = reflection.GetStringReference(message, entry.field, &scratch);
      if (text.empty()) return true;
      Key(entry, first);
      Text(entry, text);
      return true;
    }
    if (!reflection.HasField(message, entry.field)) return true;
    Key(entry, first);
    return One(entry, message, reflection);
  }

  void Text(const FieldEntry& entry, const std::string& text) {
    if (entry.bytes) {
      sink_.Quoted(absl::Base64Escape(text));
    } else {
      sink_.Quoted(text);
    }
  }

  template <typename Number>
  void Int(Number value, bool quoted) {
    char* at = sink_.Reserve(kSmall);
    if (quoted) *at++ = '"';
    at = std::to_chars(at, at + 24, value).ptr;
    if (quoted) *at++ = '"';
    sink_.Advance(at);
  }

  template <typename Number>
  void Real(Number value) {
    if (std::isnan(value)) return sink_.Raw("\"NaN\"");
    if (std::isinf(value)) return sink_.Raw(value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    char* at = sink_.Reserve(kSmall);
    sink_.Advance(std::to_chars(at, at + kSmall, value).ptr);
  }

  void Enum(const FieldEntry& entry, int number) {
    if (entry.takes_null) return sink_.Raw("null");
    const EnumValueDescriptor* value = entry.field->enum_type()->FindValueByNumber(number);
    if (value == nullptr) return Int(number, false);
    sink_.Quoted(value->name());
  }

  bool One(const FieldEntry& entry, const Message& message, const Reflection& reflection) {
    const FieldDescriptor* field = entry.field;
    switch (entry.cpp_type) {
      case FieldDescriptor::CPPTYPE_INT32:
        return Int(reflection.GetInt32(message, field), false), true;
      case FieldDescriptor::CPPTYPE_INT64:
        return Int(reflection.GetInt64(message, field), true), true;
      case FieldDescriptor::CPPTYPE_UINT32:
        return Int(reflection.GetUInt32(message, field), false), true;
      case FieldDescriptor::CPPTYPE_UINT64:
        return Int(reflection.GetUInt64(message, field), true), true;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return Real(reflection.GetDouble(message, field)), true;
      case FieldDescriptor::CPPTYPE_FLOAT:
        return Real(reflection.GetFloat(message, field)), true;
      case FieldDescriptor::CPPTYPE_BOOL:
        return sink_.Raw(reflection.GetBool(message, field) ? "true" : "false"), true;
      case FieldDescriptor::CPPTYPE_ENUM:
        return Enum(entry, reflection.GetEnumValue(message, field)), true;
      case FieldDescriptor::CPPTYPE_STRING: {
        std::string scratch;
        return Text(entry, reflection.GetStringReference(message, field, &scratch)), true;
      }
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return Value(*entry.type, reflection.GetMessage(message, field));
    }
    return false;
  }

  bool Element(const FieldEntry& entry, const Message& message, const Reflection& reflection, int i) {
    const FieldDescriptor* field = entry.field;
    switch (entry.cpp_type) {
      case FieldDescriptor::CPPTYPE_INT32:
        return Int(reflection.GetRepeatedInt32(message, field, i), false), true;
      case FieldDescriptor::CPPTYPE_INT64:
        return Int(reflection.GetRepeatedInt64(message, field, i), true), true;
      case FieldDescriptor::CPPTYPE_UINT32:
        return Int(reflection.GetRepeatedUInt32(message, field, i), false), true;
      case FieldDescriptor::CPPTYPE_UINT64:
        return Int(reflection.GetRepeatedUInt64(message, field, i), true), true;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return Real(reflection.GetRepeatedDouble(message, field, i)), true;
      case FieldDescriptor::CPPTYPE_FLOAT:
        return Real(reflection.GetRepeatedFloat(message, field, i)), true;
      case FieldDescriptor::CPPTYPE_BOOL:
        return sink_.Raw(reflection.GetRepeatedBool(message, field, i) ? "true" : "false"), true;
      case FieldDescriptor::CPPTYPE_ENUM:
        return Enum(entry, reflection.GetRepeatedEnumValue(message, field, i)), true;
      case FieldDescriptor::CPPTYPE_STRING: {
        std::string scratch;
        return Text(entry, reflection.GetRepeatedStringReference(message, field, i, &scratch)), true;
      }
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return Value(*entry.type, reflection.GetRepeatedMessage(message, field, i));
    }
    return false;
  }

  bool List(const FieldEntry& entry, const Message& message, const Reflection& reflection, int count) {
    sink_.Char('[');
    for (int i = 0; i < count; ++i) {
      if (i > 0) sink_.Char(',');
      if (!Element(entry, message, reflection, i)) return false;
    }
    sink_.Char(']');
    return true;
  }

  bool Map(const FieldEntry& entry, const Message& message, const Reflection& reflection, int count) {
    const FieldEntry& key = entry.type->fields[0];
    const FieldEntry& value = entry.type->fields[1];
    sink_.Char('{');
    for (int i = 0; i < count; ++i) {
      if (i > 0) sink_.Char(',');
      const Message& pair = reflection.GetRepeatedMessage(message, entry.field, i);
      const Reflection& inner = *pair.GetReflection();
      // Numbers of 64 bits and strings bring their own quotes.
      const bool quote = key.cpp_type != FieldDescriptor::CPPTYPE_STRING &&
                         key.cpp_type != FieldDescriptor::CPPTYPE_INT64 &&
                         key.cpp_type != FieldDescriptor::CPPTYPE_UINT64;
      if (quote) sink_.Char('"');
      One(key, pair, inner);
      if (quote) sink_.Char('"');
      sink_.Char(':');
      if (!One(value, pair, inner)) return false;
    }
    sink_.Char('}');
    return true;
  }

  bool SpecialValue(const TypeTable& table, const Message& message) {
    const Reflection& reflection = *message.GetReflection();
    switch (table.special) {
      case Special::kTimestamp:
      case Special::kDuration: {
        const int64_t seconds = reflection.GetInt64(message, table.fields[0].field);
        const int32_t nanos = reflection.GetInt32(message, table.fields[1].field);
        char* at = sink_.Reserve(kSmall);
        *at++ = '"';
        at = table.special == Special::kTimestamp ? FormatTimestamp(seconds, nanos, at)
                                                  : FormatDuration(seconds, nanos, at);
        if (at == nullptr) return Fail("TIME_INVALID");
        *at++ = '"';
        sink_.Advance(at);
        return true;
      }
      case Special::kDate: {
        char* at = sink_.Reserve(kSmall);
        *at++ = '"';
        at = FormatDate(reflection.GetInt32(message, table.fields[0].field),
                        reflection.GetInt32(message, table.fields[1].field),
                        reflection.GetInt32(message, table.fields[2].field), at);
        *at++ = '"';
        sink_.Advance(at);
        return true;
      }
      case Special::kFieldMask:
        return FieldMask(table, message, reflection);
      case Special::kAny:
        return Any(table, message, reflection);
      case Special::kStruct:
        return Only(table, message, reflection, "{}");
      case Special::kListValue:
        return Only(table, message, reflection, "[]");
      case Special::kValue:
        for (const FieldEntry& entry : table.fields) {
          if (reflection.HasField(message, entry.field)) return One(entry, message, reflection);
        }
        sink_.Raw("null");
        return true;
      case Special::kWrapper:
        return One(table.fields[0], message, reflection);
      case Special::kNone:
        break;
    }
    return false;
  }

  // The single repeated field of Struct and ListValue.
  bool Only(const TypeTable& table, const Message& message, const Reflection& reflection, absl::string_view empty) {
    const FieldEntry& entry = table.fields[0];
    const int count = reflection.FieldSize(message, entry.field);
    if (count == 0) return sink_.Raw(empty), true;
    return entry.map ? Map(entry, message, reflection, count) : List(entry, message, reflection, count);
  }

  bool FieldMask(const TypeTable& table, const Message& message, const Reflection& reflection) {
    const FieldDescriptor* paths = table.fields[0].field;
    std::string text;
    for (int i = 0; i < reflection.FieldSize(message, paths); ++i) {
      if (i > 0) text.push_back(',');
      if (!FormatFieldMaskPath(reflection.GetRepeatedString(message, paths, i), &text)) {
        return Fail("FIELD_MASK_INVALID");
      }
    }
    sink_.Quoted(text);
    return true;
  }

  bool Any(const TypeTable& table, const Message& message, const Reflection& reflection) {
    const std::string url = reflection.GetString(message, table.fields[0].field);
    if (url.empty()) return sink_.Raw("{}"), true;
    const auto* type = FindAnyType(url);
    if (type == nullptr) return Fail("ANY_TYPE_UNKNOWN");
    const TypeTable& inner = tables_.Of(type);
    std::unique_ptr<Message> value(inner.prototype->New());
    if (!value->ParseFromString(reflection.GetString(message, table.fields[1].field))) return Fail("ANY_INVALID");
    sink_.Raw("{\"@type\":");
    sink_.Quoted(url);
    if (inner.special == Special::kNone) return Object(inner, *value, true);
    sink_.Raw(",\"value\":");
    if (!SpecialValue(inner, *value)) return false;
    sink_.Char('}');
    return true;
  }

  bool Fail(absl::string_view reason) {
    problem_ = reason;
    return false;
  }

  const Tables& tables_;
  Sink& sink_;
  absl::string_view problem_;
};

}  // namespace

const google::protobuf::Descriptor* FindAnyType(absl::string_view url) {
  if (!absl::ConsumePrefix(&url, "type.googleapis.com/")) return nullptr;
  return google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(std::string(url));
}

absl::Status WriteJson(const Tables& tables, const Message& message, std::string* out) {
  Sink sink(out);
  Writer writer(tables, &sink);
  if (writer.Value(tables.Of(message.GetDescriptor()), message)) {
    sink.Finish();
    return absl::OkStatus();
  }
  sink.Abandon();
  return Invalid(message.GetDescriptor()->name(), writer.problem(), "此数据无法用 JSON 表示");
}

}  // namespace edudelta::gateway::codec
