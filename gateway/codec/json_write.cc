#include "gateway/codec/json_write.h"

#include <charconv>
#include <cmath>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "gateway/codec/json_sink.h"
#include "gateway/codec/json_table.h"
#include "gateway/codec/json_values.h"
#include "gateway/codec/json_wire.h"
#include "gateway/codec/text.h"
#include "google/protobuf/any.pb.h"

namespace edudelta::gateway::codec {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Not as Serialize writes it: a field after one of a higher number, a repeated field in two places, two of a oneof.
constexpr absl::string_view kOutOfOrder = "WIRE_ORDER";

// JSON from the wire bytes of one message. Serialize writes fields in order of number with the values of a repeated
// field together, which is also the order of the JSON.
class Writer {
 public:
  Writer(const Tables& tables, Sink* sink) : tables_(tables), sink_(*sink) {}

  absl::string_view problem() const { return problem_; }

  bool Value(const TypeTable& table, absl::string_view bytes) {
    if (table.special != Special::kNone) return SpecialValue(table, bytes);
    sink_.Char('{');
    return Members(table, bytes, true);
  }

 private:
  // The members and the closing brace.
  bool Members(const TypeTable& table, absl::string_view bytes, bool first) {
    WireSource source(bytes);
    const FieldEntry* next = table.fields.data();
    uint64_t oneofs = 0;
    while (!source.done()) {
      uint64_t tag;
      if (!source.Varint(&tag)) return Fail("WIRE_INVALID");
      const auto number = static_cast<int>(tag >> 3);
      const FieldEntry* entry = table.FindNumber(number, next);
      if (entry == nullptr && table.FindNumber(number) != nullptr) return Fail(kOutOfOrder);
      if (entry == nullptr || (tag != entry->wire_tag && !(entry->repeated && (tag & 7) == kBytes))) {
        // A field that this program does not know.
        if (!source.Skip(static_cast<uint32_t>(tag & 7))) return Fail("WIRE_INVALID");
        continue;
      }
      next = entry + 1;
      if (entry->oneof >= 0) {
        const uint64_t bit = uint64_t{1} << (entry->oneof & 63);
        if ((oneofs & bit) != 0) return Fail(kOutOfOrder);
        oneofs |= bit;
      }
      const absl::string_view key = entry->key;
      sink_.Raw(first ? key.substr(1) : key);
      first = false;
      if (!(entry->repeated ? Repeated(*entry, source, tag) : One(*entry, source))) return Fail("WIRE_INVALID");
    }
    sink_.Char('}');
    return true;
  }

  // The rest of a repeated field whose first tag is read.
  bool Repeated(const FieldEntry& entry, WireSource& source, uint64_t tag) {
    if (entry.map) return Map(entry, source, tag);
    sink_.Char('[');
    const bool text = entry.proto_type == FieldDescriptor::TYPE_STRING ||
                      entry.proto_type == FieldDescriptor::TYPE_BYTES || entry.type != nullptr;
    bool first = true;
    do {
      if ((tag & 7) == kBytes && !text) {
        absl::string_view packed;
        if (!source.Text(&packed)) return false;
        WireSource inner(packed);
        for (; !inner.done(); first = false) {
          if (!first) sink_.Char(',');
          if (!One(entry, inner)) return false;
        }
        continue;
      }
      if (!first) sink_.Char(',');
      first = false;
      if (!One(entry, source)) return false;
    } while (SameTag(source, tag));
    sink_.Char(']');
    return true;
  }

  // Steps over the next tag if it is `tag`.
  static bool SameTag(WireSource& source, uint64_t tag) {
    const char* here = source.at();
    uint64_t next;
    if (!source.done() && source.Varint(&next) && next == tag) return true;
    source.Rewind(here);
    return false;
  }

  bool Map(const FieldEntry& entry, WireSource& source, uint64_t tag) {
    const FieldEntry& key = entry.type->fields[0];
    const FieldEntry& value = entry.type->fields[1];
    // Numbers of 64 bits and strings bring their own quotes.
    const bool quote = key.cpp_type != FieldDescriptor::CPPTYPE_STRING &&
                       key.cpp_type != FieldDescriptor::CPPTYPE_INT64 &&
                       key.cpp_type != FieldDescriptor::CPPTYPE_UINT64;
    sink_.Char('{');
    bool first = true;
    do {
      absl::string_view pair;
      if (!source.Text(&pair)) return false;
      if (!first) sink_.Char(',');
      first = false;
      if (quote) sink_.Char('"');
      if (!Part(key, pair)) return false;
      if (quote) sink_.Char('"');
      sink_.Char(':');
      if (!Part(value, pair)) return false;
    } while (SameTag(source, tag));
    sink_.Char('}');
    return true;
  }

  // The value of one field of a small message, or what its absence means.
  bool Part(const FieldEntry& entry, absl::string_view bytes) {
    WireSource source(bytes);
    while (!source.done()) {
      uint64_t tag;
      if (!source.Varint(&tag)) return false;
      if (tag == entry.wire_tag) return One(entry, source);
      if (!source.Skip(static_cast<uint32_t>(tag & 7))) return false;
    }
    static constexpr char kZeros[8] = {};
    WireSource zeros(absl::string_view(kZeros, sizeof kZeros));
    return One(entry, zeros);
  }

  template <typename Number>
  bool Int(Number value, bool quoted) {
    char* at = sink_.Reserve(kSmall);
    if (quoted) *at++ = '"';
    at = std::to_chars(at, at + 24, value).ptr;
    if (quoted) *at++ = '"';
    sink_.Advance(at);
    return true;
  }

  template <typename Number>
  bool Real(Number value) {
    if (!std::isfinite(value)) {
      sink_.Raw(std::isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
      return true;
    }
    if (value == 0 && std::signbit(value)) return sink_.Raw("-0.0"), true;
    char* at = sink_.Reserve(kSmall);
    sink_.Advance(std::to_chars(at, at + kSmall, value).ptr);
    return true;
  }

  bool Enum(const FieldEntry& entry, int number) {
    if (entry.takes_null) return sink_.Raw("null"), true;
    const EnumValueDescriptor* value = entry.enum_type->FindValueByNumber(number);
    if (value == nullptr) return Int(number, false);
    sink_.Quoted(value->name());
    return true;
  }

  template <typename Number>
  bool FixedInt(WireSource& source, bool quoted) {
    Number value;
    return source.Fixed(&value) && Int(value, quoted);
  }

  template <typename Number>
  bool FixedReal(WireSource& source) {
    Number value;
    return source.Fixed(&value) && Real(value);
  }

  // One value whose tag is read.
  bool One(const FieldEntry& entry, WireSource& source) {
    uint64_t varint;
    absl::string_view text;
    switch (entry.proto_type) {
      case FieldDescriptor::TYPE_INT32:
        return source.Varint(&varint) && Int(static_cast<int32_t>(varint), false);
      case FieldDescriptor::TYPE_INT64:
        return source.Varint(&varint) && Int(static_cast<int64_t>(varint), true);
      case FieldDescriptor::TYPE_UINT32:
        return source.Varint(&varint) && Int(static_cast<uint32_t>(varint), false);
      case FieldDescriptor::TYPE_UINT64:
        return source.Varint(&varint) && Int(varint, true);
      case FieldDescriptor::TYPE_SINT32:
        return source.Varint(&varint) && Int(static_cast<int32_t>(UnZigZag(varint)), false);
      case FieldDescriptor::TYPE_SINT64:
        return source.Varint(&varint) && Int(UnZigZag(varint), true);
      case FieldDescriptor::TYPE_FIXED32:
        return FixedInt<uint32_t>(source, false);
      case FieldDescriptor::TYPE_SFIXED32:
        return FixedInt<int32_t>(source, false);
      case FieldDescriptor::TYPE_FIXED64:
        return FixedInt<uint64_t>(source, true);
      case FieldDescriptor::TYPE_SFIXED64:
        return FixedInt<int64_t>(source, true);
      case FieldDescriptor::TYPE_DOUBLE:
        return FixedReal<double>(source);
      case FieldDescriptor::TYPE_FLOAT:
        return FixedReal<float>(source);
      case FieldDescriptor::TYPE_BOOL:
        if (!source.Varint(&varint)) return false;
        sink_.Raw(varint != 0 ? "true" : "false");
        return true;
      case FieldDescriptor::TYPE_ENUM:
        return source.Varint(&varint) && Enum(entry, static_cast<int>(varint));
      case FieldDescriptor::TYPE_STRING:
        if (!source.Text(&text)) return false;
        sink_.Quoted(text);
        return true;
      case FieldDescriptor::TYPE_BYTES:
        if (!source.Text(&text)) return false;
        sink_.Quoted(absl::Base64Escape(text));
        return true;
      case FieldDescriptor::TYPE_MESSAGE:
        return source.Text(&text) && Value(*entry.type, text);
      case FieldDescriptor::TYPE_GROUP:
        break;
    }
    return false;
  }

  bool SpecialValue(const TypeTable& table, absl::string_view bytes) {
    switch (table.special) {
      case Special::kTimestamp:
      case Special::kDuration:
      case Special::kDate:
        return Time(table.special, bytes);
      case Special::kFieldMask:
        return FieldMask(bytes);
      case Special::kAny:
        return Any(bytes);
      case Special::kStruct:
        return Only(table, bytes, "{}");
      case Special::kListValue:
        return Only(table, bytes, "[]");
      case Special::kValue: {
        WireSource source(bytes);
        uint64_t tag;
        if (source.done()) return sink_.Raw("null"), true;
        const FieldEntry* entry = source.Varint(&tag) ? table.FindNumber(static_cast<int>(tag >> 3)) : nullptr;
        return entry != nullptr && tag == entry->wire_tag && One(*entry, source);
      }
      case Special::kWrapper:
        return Part(table.fields[0], bytes);
      case Special::kNone:
        break;
    }
    return false;
  }

  bool Time(Special special, absl::string_view bytes) {
    // Seconds and nanoseconds, or year, month and day.
    uint64_t parts[4] = {};
    for (WireSource source(bytes); !source.done();) {
      uint64_t tag;
      if (!source.Varint(&tag)) return false;
      const bool known = (tag & 7) == kVarint && tag >> 3 < 4;
      if (!(known ? source.Varint(&parts[tag >> 3]) : source.Skip(static_cast<uint32_t>(tag & 7)))) return false;
    }
    char* at = sink_.Reserve(kSmall);
    *at++ = '"';
    if (special == Special::kDate) {
      at = FormatDate(static_cast<int>(parts[1]), static_cast<int>(parts[2]), static_cast<int>(parts[3]), at);
    } else {
      const auto seconds = static_cast<int64_t>(parts[1]);
      const auto nanos = static_cast<int32_t>(parts[2]);
      at = special == Special::kTimestamp ? FormatTimestamp(seconds, nanos, at) : FormatDuration(seconds, nanos, at);
    }
    if (at == nullptr) return Fail("TIME_INVALID");
    *at++ = '"';
    sink_.Advance(at);
    return true;
  }

  // The single repeated field of Struct and ListValue.
  bool Only(const TypeTable& table, absl::string_view bytes, absl::string_view empty) {
    WireSource source(bytes);
    uint64_t tag;
    if (source.done()) return sink_.Raw(empty), true;
    return source.Varint(&tag) && Repeated(table.fields[0], source, tag);
  }

  bool FieldMask(absl::string_view bytes) {
    std::string text;
    for (WireSource source(bytes); !source.done();) {
      uint64_t tag;
      absl::string_view path;
      if (!source.Varint(&tag) || !source.Text(&path)) return false;
      if (!text.empty()) text.push_back(',');
      if (!FormatFieldMaskPath(path, &text)) return Fail("FIELD_MASK_INVALID");
    }
    sink_.Quoted(text);
    return true;
  }

  bool Any(absl::string_view bytes) {
    google::protobuf::Any any;
    if (!any.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return false;
    if (any.type_url().empty()) return sink_.Raw("{}"), true;
    const auto* type = FindAnyType(any.type_url());
    if (type == nullptr) return Fail("ANY_TYPE_UNKNOWN");
    const TypeTable& inner = tables_.Of(type);
    // Whoever packed it may have written the fields in another order.
    std::unique_ptr<Message> value(inner.prototype->New());
    if (!value->ParseFromString(any.value())) return Fail("ANY_INVALID");
    const std::string content = value->SerializeAsString();
    sink_.Raw("{\"@type\":");
    sink_.Quoted(any.type_url());
    if (inner.special == Special::kNone) return Members(inner, content, false);
    sink_.Raw(",\"value\":");
    if (!SpecialValue(inner, content)) return false;
    sink_.Char('}');
    return true;
  }

  // Keeps the first reason, which is the nearest to the cause.
  bool Fail(absl::string_view reason) {
    if (problem_.empty()) problem_ = reason;
    return false;
  }

  const Tables& tables_;
  Sink& sink_;
  absl::string_view problem_;
};

absl::Status Unfit(const google::protobuf::Descriptor* type, absl::string_view reason) {
  return Invalid(type->name(), reason, "此数据无法用 JSON 表示");
}

}  // namespace

const google::protobuf::Descriptor* FindAnyType(absl::string_view url) {
  if (!absl::ConsumePrefix(&url, "type.googleapis.com/")) return nullptr;
  return google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(std::string(url));
}

absl::Status WriteWireAsJson(const Tables& tables, const google::protobuf::Descriptor* type, absl::string_view wire,
                             std::string* out) {
  const size_t begin = out->size();
  Sink sink(out);
  Writer writer(tables, &sink);
  const TypeTable& table = tables.Of(type);
  if (writer.Value(table, wire)) {
    sink.Finish();
    if (IsUtf8(absl::string_view(*out).substr(begin))) return absl::OkStatus();
    out->resize(begin);
    return Unfit(type, "INVALID_UTF8");
  }
  sink.Abandon();
  if (writer.problem() == kOutOfOrder) {
    const std::unique_ptr<Message> message(table.prototype->New());
    if (message->ParsePartialFromArray(wire.data(), static_cast<int>(wire.size()))) {
      return WriteWireAsJson(tables, type, message->SerializePartialAsString(), out);
    }
  }
  return Unfit(type, writer.problem());
}

}  // namespace edudelta::gateway::codec
