#include "gateway/forward/prune.h"

#include <algorithm>
#include <set>

#include "common/codes/mask.h"
#include "common/describe/describe.h"

namespace edudelta::gateway::forward {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool IsRecord(absl::string_view dataset, const Descriptor* type) {
  return describe::ResourceOf(type) != nullptr && describe::DatasetOf(type) == dataset;
}

std::vector<const FieldDescriptor*> SetFields(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  return fields;
}

void PruneRecord(const std::vector<std::string>& granted, Message* record) {
  for (const FieldDescriptor* field : SetFields(*record)) {
    if (field->name() == "name") continue;
    if (std::find(granted.begin(), granted.end(), field->name()) != granted.end()) continue;
    record->GetReflection()->ClearField(record, field);
  }
}

// False when nothing of it may stay.
bool PruneInto(absl::string_view dataset, const std::vector<std::string>& granted, Message* message) {
  if (IsRecord(dataset, message->GetDescriptor())) {
    PruneRecord(granted, message);
    return true;
  }
  if (describe::ResourceOf(message->GetDescriptor()) != nullptr) return false;
  const Reflection* reflection = message->GetReflection();
  bool kept = false;
  for (const FieldDescriptor* field : SetFields(*message)) {
    if (field->name() == "next_page_token") continue;
    bool keep = false;
    if (field->message_type() != nullptr && !field->is_map()) {
      if (field->is_repeated()) {
        for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
          keep |= PruneInto(dataset, granted, reflection->MutableRepeatedMessage(message, field, i));
        }
      } else {
        keep = PruneInto(dataset, granted, reflection->MutableMessage(message, field));
      }
    }
    if (!keep) reflection->ClearField(message, field);
    kept |= keep;
  }
  return kept;
}

void Collect(absl::string_view dataset, const Message& message, std::vector<const Message*>* records) {
  if (IsRecord(dataset, message.GetDescriptor())) {
    records->push_back(&message);
    return;
  }
  const Reflection* reflection = message.GetReflection();
  for (const FieldDescriptor* field : SetFields(message)) {
    if (field->message_type() == nullptr || field->is_map()) continue;
    if (!field->is_repeated()) {
      Collect(dataset, reflection->GetMessage(message, field), records);
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      Collect(dataset, reflection->GetRepeatedMessage(message, field, i), records);
    }
  }
}

bool IsSensitive(const FieldDescriptor* field) {
  return describe::AnnotationOf(field).level() >= options::v1::Field::L3;
}

bool CanHoldSensitive(const Descriptor* type, std::set<const Descriptor*>* seen) {
  if (!seen->insert(type).second) return false;
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    if (IsSensitive(field)) return true;
    if (field->message_type() != nullptr && CanHoldSensitive(field->message_type(), seen)) return true;
  }
  return false;
}

// No stored value looks like a masked one: the services refuse to write it.
bool IsMasked(const Message& message, const FieldDescriptor* field) {
  if (field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return false;
  return codes::LooksMasked(describe::AnnotationOf(field).mask(), message.GetReflection()->GetString(message, field));
}

void CollectSensitive(const Message& message, std::set<std::string>* fields, std::set<std::string>* tokens) {
  const Reflection* reflection = message.GetReflection();
  bool shown = false;
  std::string token;
  for (const FieldDescriptor* field : SetFields(message)) {
    if (IsSensitive(field) && !IsMasked(message, field)) {
      fields->insert(field->name());
      shown = true;
    } else if (field->name() == "person_token" && field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      token = reflection->GetString(message, field);
    } else if (field->message_type() != nullptr && field->is_repeated()) {
      for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
        CollectSensitive(reflection->GetRepeatedMessage(message, field, i), fields, tokens);
      }
    } else if (field->message_type() != nullptr) {
      CollectSensitive(reflection->GetMessage(message, field), fields, tokens);
    }
  }
  if (shown && !token.empty()) tokens->insert(token);
}

}  // namespace

void Prune(absl::string_view dataset, const std::vector<std::string>& fields, Message* message) {
  message->DiscardUnknownFields();
  if (!PruneInto(dataset, fields, message) && describe::ResourceOf(message->GetDescriptor()) != nullptr) {
    message->Clear();
  }
}

std::vector<const Message*> RecordsOf(absl::string_view dataset, const Message& message) {
  std::vector<const Message*> records;
  Collect(dataset, message, &records);
  return records;
}

SensitiveTypes::SensitiveTypes(const std::vector<const Descriptor*>& types) {
  for (const Descriptor* type : types) {
    std::set<const Descriptor*> seen;
    if (CanHoldSensitive(type, &seen)) types_.insert(type);
  }
}

Sensitive SensitiveIn(const Message& message) {
  std::set<std::string> fields, tokens;
  CollectSensitive(message, &fields, &tokens);
  return {{fields.begin(), fields.end()}, {tokens.begin(), tokens.end()}};
}

}  // namespace edudelta::gateway::forward
