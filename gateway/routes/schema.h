#pragma once

#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "nlohmann/json.hpp"

namespace edudelta::gateway::routes {

using Json = nlohmann::ordered_json;

// Collects the JSON schemas (as the JSON codec writes and reads messages) that a document refers to. One thread.
class Schemas {
 public:
  // A reference to the message's component, or the schema itself for types that are plain texts.
  Json Of(const google::protobuf::Descriptor* type);
  Json Of(const google::protobuf::EnumDescriptor* type);
  // The schema of one value of the field, annotations included.
  Json Of(const google::protobuf::FieldDescriptor* field);
  // Of(type), with the REQUIRED fields required: what Create takes.
  Json Complete(const google::protobuf::Descriptor* type);

  // components/schemas, with google.rpc.Status.
  Json Take();

 private:
  Json Value(const google::protobuf::FieldDescriptor* field);

  Json components_ = Json::object();
};

// "planning.School", "google.rpc.Status".
std::string ComponentName(absl::string_view full_name);

}  // namespace edudelta::gateway::routes
