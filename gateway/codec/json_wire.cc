#include "gateway/codec/json_wire.h"

#include <string>
#include <vector>

namespace edudelta::gateway::codec {

using google::protobuf::FieldDescriptor;

Flaw PutText(const FieldEntry& entry, absl::string_view text, bool bare, WireSink* sink) {
  sink->Tag(entry);
  if (entry.proto_type == FieldDescriptor::TYPE_STRING && !bare) {
    sink->Text(text);
    return {};
  }
  Scalar scalar;
  if (const Flaw flaw = ParseScalar(entry.field, entry.cpp_type, text, bare, &scalar); flaw.reason != nullptr) {
    return flaw;
  }
  switch (entry.proto_type) {
    case FieldDescriptor::TYPE_INT32:
    case FieldDescriptor::TYPE_INT64:
    case FieldDescriptor::TYPE_ENUM:
      sink->Varint(static_cast<uint64_t>(scalar.i));
      break;
    case FieldDescriptor::TYPE_UINT32:
    case FieldDescriptor::TYPE_UINT64:
      sink->Varint(scalar.u);
      break;
    case FieldDescriptor::TYPE_SINT32:
    case FieldDescriptor::TYPE_SINT64:
      sink->Varint(ZigZag(scalar.i));
      break;
    case FieldDescriptor::TYPE_FIXED32:
      sink->Fixed(static_cast<uint32_t>(scalar.u));
      break;
    case FieldDescriptor::TYPE_SFIXED32:
      sink->Fixed(static_cast<int32_t>(scalar.i));
      break;
    case FieldDescriptor::TYPE_FIXED64:
      sink->Fixed(scalar.u);
      break;
    case FieldDescriptor::TYPE_SFIXED64:
      sink->Fixed(scalar.i);
      break;
    case FieldDescriptor::TYPE_DOUBLE:
      sink->Fixed(scalar.d);
      break;
    case FieldDescriptor::TYPE_FLOAT:
      sink->Fixed(scalar.f);
      break;
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES:
      sink->Text(scalar.text);
      break;
    case FieldDescriptor::TYPE_BOOL:
    case FieldDescriptor::TYPE_MESSAGE:
    case FieldDescriptor::TYPE_GROUP:
      break;
  }
  return {};
}

Flaw PutSpecial(const TypeTable& table, absl::string_view text, WireSink* sink) {
  const auto put = [&](int index, int64_t number) {
    sink->Tag(table.fields[index]);
    sink->Varint(static_cast<uint64_t>(number));
  };
  Flaw flaw;
  if (table.special == Special::kDate) {
    int year = 0, month = 0, day = 0;
    flaw = ParseDay(text, &year, &month, &day);
    put(0, year);
    put(1, month);
    put(2, day);
  } else if (table.special == Special::kFieldMask) {
    std::vector<std::string> paths;
    flaw = ParsePaths(text, &paths);
    for (const std::string& path : paths) {
      sink->Tag(table.fields[0]);
      sink->Text(path);
    }
  } else {
    int64_t seconds = 0;
    int32_t nanos = 0;
    flaw = ParseTime(text, table.special == Special::kDuration, &seconds, &nanos);
    put(0, seconds);
    put(1, nanos);
  }
  return flaw;
}

absl::string_view StringIn(absl::string_view wire, int number) {
  const uint64_t wanted = static_cast<uint64_t>(number) << 3 | kBytes;
  absl::string_view text;
  uint64_t tag;
  for (WireSource source(wire); !source.done() && source.Varint(&tag);) {
    if (!(tag == wanted ? source.Text(&text) : source.Skip(static_cast<uint32_t>(tag & 7)))) break;
  }
  return text;
}

}  // namespace edudelta::gateway::codec
