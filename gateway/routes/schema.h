#pragma once

#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "common/codes/code_sets.h"
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
  // Whether some field of it is required.
  static bool Asks(const google::protobuf::Descriptor* request);
  // The codes of a set and what they mean, and the empty text, which is no code.
  Json OfCodes(const std::string& set);
  // The id that a Create of the resource is given.
  static Json Id(const google::protobuf::Descriptor* resource);

  // components/schemas, with google.rpc.Status.
  Json Take();

 private:
  Json Value(const google::protobuf::FieldDescriptor* field);
  Json Texts(const google::protobuf::FieldDescriptor* field);
  Json OfCreate(const google::protobuf::Descriptor* create);

  const codes::CodeSets codes_ = codes::CodeSets::Embedded();
  Json components_ = Json::object();
};

// One part of a resource's name in a path.
Json PathPart(absl::string_view variable);

// "planning.School", "google.rpc.Status".
std::string ComponentName(absl::string_view full_name);

}  // namespace edudelta::gateway::routes
