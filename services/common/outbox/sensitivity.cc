#include "common/outbox/sensitivity.h"

#include <vector>

#include "absl/container/flat_hash_set.h"
#include "edudelta/options/v1/options.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace edudelta::outbox {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool IsSensitive(const FieldDescriptor& field) {
  return field.options().GetExtension(options::v1::field).level() >= options::v1::Field::L3;
}

bool Search(const Descriptor* type, absl::flat_hash_set<const Descriptor*>& seen) {
  if (!seen.insert(type).second) return false;
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor& field = *type->field(i);
    if (IsSensitive(field)) return true;
    if (field.message_type() != nullptr && Search(field.message_type(), seen)) return true;
  }
  return false;
}

void ClearFields(Message* message) {
  const Reflection* reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (IsSensitive(*field)) {
      reflection->ClearField(message, field);
    } else if (field->message_type() == nullptr) {
      continue;
    } else if (field->is_repeated()) {
      for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
        ClearFields(reflection->MutableRepeatedMessage(message, field, i));
      }
    } else {
      ClearFields(reflection->MutableMessage(message, field));
    }
  }
}

}  // namespace

bool Sensitivity::Holds(const Descriptor* type) {
  absl::MutexLock lock(&mutex_);
  if (const auto found = known_.find(type); found != known_.end()) return found->second;
  absl::flat_hash_set<const Descriptor*> seen;
  return known_[type] = Search(type, seen);
}

void Sensitivity::Clear(Message* message) {
  message->DiscardUnknownFields();
  ClearFields(message);
}

}  // namespace edudelta::outbox
