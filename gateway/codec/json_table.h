#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace edudelta::gateway::codec {

// Message types with a JSON form of their own.
enum class Special {
  kNone,
  kTimestamp,
  kDuration,
  kFieldMask,
  kAny,
  kStruct,
  kValue,
  kListValue,
  kWrapper,
  kDate,
};

Special SpecialOf(const google::protobuf::Descriptor* type);

struct TypeTable;

struct FieldEntry {
  const google::protobuf::FieldDescriptor* field = nullptr;
  // Of a message field.
  const TypeTable* type = nullptr;
  // `,"display_name":`
  std::string key;
  // Up to eight bytes of `display_name"`, and which of them count: sorts out most other keys in one step.
  uint64_t head = 0;
  uint64_t head_mask = 0;
  // The two names; equal when the field has one.
  std::string name;
  std::string json_name;
  // Asking a descriptor for these costs a once-flag each time.
  google::protobuf::FieldDescriptor::Type proto_type = google::protobuf::FieldDescriptor::TYPE_INT32;
  google::protobuf::FieldDescriptor::CppType cpp_type = google::protobuf::FieldDescriptor::CPPTYPE_INT32;
  const google::protobuf::EnumDescriptor* enum_type = nullptr;
  // Number and wire type, as a number and as the wire has it; repeated numbers are written unpacked. Eight bytes, so
  // that all of it is copied at once.
  uint32_t wire_tag = 0;
  char tag[8] = {};
  size_t tag_size = 0;
  int number = 0;
  int index = 0;
  // Of its oneof; -1 when it is in none.
  int oneof = -1;
  bool repeated = false;
  bool map = false;
  // google.protobuf.NullValue and google.protobuf.Value have a null of their own.
  bool takes_null = false;

  // Whether `display_name"` stands there, of which `readable` bytes may be read, eight or more.
  bool StandsAt(const char* at, size_t readable) const {
    uint64_t begin;
    std::memcpy(&begin, at, sizeof begin);
    if (((begin ^ head) & head_mask) != 0) return false;
    const size_t size = name.size() + 1;
    if (size <= sizeof head) return true;
    return size <= readable && std::memcmp(at + sizeof head, key.data() + 2 + sizeof head, size - sizeof head) == 0;
  }
};

struct TypeTable {
  const google::protobuf::Descriptor* descriptor = nullptr;
  // Owned by the generated factory.
  const google::protobuf::Message* prototype = nullptr;
  Special special = Special::kNone;
  // By field number, which is the order of writing.
  std::vector<FieldEntry> fields;
  absl::flat_hash_map<absl::string_view, const FieldEntry*> by_name;

  // By either name; null when there is none.
  const FieldEntry* Find(absl::string_view name) const {
    const auto found = by_name.find(name);
    return found == by_name.end() ? nullptr : found->second;
  }
  // The field of that number at or after `from`; null when there is none.
  const FieldEntry* FindNumber(int number, const FieldEntry* from) const {
    const FieldEntry* const end = fields.data() + fields.size();
    while (from < end && from->number < number) ++from;
    return from < end && from->number == number ? from : nullptr;
  }
  const FieldEntry* FindNumber(int number) const { return FindNumber(number, fields.data()); }
};

// Thread-safe. Tables live as long as this object.
class Tables {
 public:
  explicit Tables(const std::vector<const google::protobuf::Descriptor*>& types);

  const TypeTable& Of(const google::protobuf::Descriptor* type) const;

 private:
  using Map = absl::flat_hash_map<const google::protobuf::Descriptor*, std::unique_ptr<TypeTable>>;

  const TypeTable* Make(const google::protobuf::Descriptor* type, Map& into) const;

  // Complete after construction, so that it is read without a lock.
  Map known_;
  mutable absl::Mutex mutex_;
  mutable Map late_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace edudelta::gateway::codec
