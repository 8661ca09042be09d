#include "gateway/forward/prune.h"

#include <algorithm>
#include <set>

#include "common/describe/describe.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

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

bool HasSensitiveFields(const Descriptor* resource) {
  for (int i = 0; i < resource->field_count(); ++i) {
    if (IsSensitive(resource->field(i))) return true;
  }
  return false;
}

Sensitive SensitiveOf(const std::vector<const Message*>& records) {
  std::set<std::string> fields, tokens;
  for (const Message* record : records) {
    bool shown = false;
    std::string token;
    for (const FieldDescriptor* field : SetFields(*record)) {
      if (IsSensitive(field)) {
        fields.insert(field->name());
        shown = true;
      } else if (field->name() == "person_token") {
        token = record->GetReflection()->GetString(*record, field);
      }
    }
    if (shown && !token.empty()) tokens.insert(token);
  }
  return {{fields.begin(), fields.end()}, {tokens.begin(), tokens.end()}};
}

std::string CanonicalBytes(const Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

}  // namespace edudelta::gateway::forward
