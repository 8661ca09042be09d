#include "gateway/codec/json_table.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "gateway/codec/json_wire.h"

namespace edudelta::gateway::codec {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

WireType WireTypeOf(FieldDescriptor::Type type) {
  switch (type) {
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
      return kFixed64;
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
      return kFixed32;
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES:
    case FieldDescriptor::TYPE_MESSAGE:
      return kBytes;
    default:
      return kVarint;
  }
}

FieldEntry MakeEntry(const FieldDescriptor* field) {
  FieldEntry entry;
  entry.field = field;
  entry.name = field->name();
  entry.json_name = field->json_name();
  entry.key = absl::StrCat(",\"", field->name(), "\":");
  const size_t head_size = std::min(sizeof entry.head, field->name().size() + 1);
  std::memcpy(&entry.head, entry.key.data() + 2, head_size);
  std::memset(&entry.head_mask, 0xFF, head_size);
  entry.cpp_type = field->cpp_type();
  entry.repeated = field->is_repeated();
  entry.map = field->is_map();
  entry.proto_type = field->type();
  entry.enum_type = field->enum_type();
  entry.number = field->number();
  if (const auto* oneof = field->real_containing_oneof()) entry.oneof = oneof->index();
  entry.wire_tag = static_cast<uint32_t>(field->number()) << 3 | WireTypeOf(entry.proto_type);
  uint32_t tag = entry.wire_tag;
  for (; tag >= 0x80; tag >>= 7) entry.tag[entry.tag_size++] = static_cast<char>(tag | 0x80);
  entry.tag[entry.tag_size++] = static_cast<char>(tag);
  entry.takes_null =
      (field->enum_type() != nullptr && field->enum_type()->full_name() == "google.protobuf.NullValue") ||
      (field->message_type() != nullptr && SpecialOf(field->message_type()) == Special::kValue);
  return entry;
}

}  // namespace

Special SpecialOf(const Descriptor* type) {
  switch (type->well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      return Special::kTimestamp;
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return Special::kDuration;
    case Descriptor::WELLKNOWNTYPE_FIELDMASK:
      return Special::kFieldMask;
    case Descriptor::WELLKNOWNTYPE_ANY:
      return Special::kAny;
    case Descriptor::WELLKNOWNTYPE_STRUCT:
      return Special::kStruct;
    case Descriptor::WELLKNOWNTYPE_VALUE:
      return Special::kValue;
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return Special::kListValue;
    case Descriptor::WELLKNOWNTYPE_DOUBLEVALUE:
    case Descriptor::WELLKNOWNTYPE_FLOATVALUE:
    case Descriptor::WELLKNOWNTYPE_INT64VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT64VALUE:
    case Descriptor::WELLKNOWNTYPE_INT32VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT32VALUE:
    case Descriptor::WELLKNOWNTYPE_STRINGVALUE:
    case Descriptor::WELLKNOWNTYPE_BYTESVALUE:
    case Descriptor::WELLKNOWNTYPE_BOOLVALUE:
      return Special::kWrapper;
    default:
      return type->full_name() == "google.type.Date" ? Special::kDate : Special::kNone;
  }
}

Tables::Tables(const std::vector<const Descriptor*>& types) {
  for (const Descriptor* type : types) Make(type, known_);
}

const TypeTable& Tables::Of(const Descriptor* type) const {
  if (const auto found = known_.find(type); found != known_.end()) return *found->second;
  absl::MutexLock lock(&mutex_);
  return *Make(type, late_);
}

const TypeTable* Tables::Make(const Descriptor* type, Map& into) const {
  if (const auto found = into.find(type); found != into.end()) return found->second.get();
  TypeTable* table = (into[type] = std::make_unique<TypeTable>()).get();
  table->descriptor = type;
  table->prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(type);
  table->special = SpecialOf(type);
  table->fields.reserve(type->field_count());
  for (int i = 0; i < type->field_count(); ++i) table->fields.push_back(MakeEntry(type->field(i)));
  std::sort(table->fields.begin(), table->fields.end(),
            [](const FieldEntry& a, const FieldEntry& b) { return a.field->number() < b.field->number(); });
  for (size_t i = 0; i < table->fields.size(); ++i) {
    FieldEntry& entry = table->fields[i];
    entry.index = static_cast<int>(i);
    if (entry.field->message_type() != nullptr) entry.type = Make(entry.field->message_type(), into);
    table->by_name.emplace(entry.json_name, &entry);
  }
  for (const FieldEntry& entry : table->fields) table->by_name[entry.name] = &entry;
  return table;
}

}  // namespace edudelta::gateway::codec
