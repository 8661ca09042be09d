#include "gateway/routes/schema.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/describe/describe.h"

namespace edudelta::gateway::routes {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

Json Reference(const std::string& component) { return {{"$ref", absl::StrCat("#/components/schemas/", component)}}; }

Json Text(const char* format) { return {{"type", "string"}, {"format", format}}; }

// Messages that are no objects in JSON, or objects of any shape; null for others.
Json Special(const Descriptor* type) {
  const std::string& name = type->full_name();
  if (name == "google.protobuf.Timestamp") return Text("date-time");
  if (name == "google.type.Date") return Text("date");
  if (name == "google.protobuf.Duration") return {{"type", "string"}, {"pattern", "^-?[0-9]+(\\.[0-9]{1,9})?s$"}};
  if (name == "google.protobuf.FieldMask") return {{"type", "string"}};
  if (name == "google.protobuf.Struct" || name == "google.protobuf.Empty") return {{"type", "object"}};
  if (name == "google.protobuf.Value") return Json::object();
  if (name == "google.protobuf.ListValue") return {{"type", "array"}, {"items", Json::object()}};
  if (name == "google.protobuf.Any") {
    return {{"type", "object"}, {"properties", {{"@type", {{"type", "string"}}}}}, {"additionalProperties", true}};
  }
  return nullptr;
}

}  // namespace

std::string ComponentName(absl::string_view full_name) {
  absl::ConsumePrefix(&full_name, "edudelta.");
  return absl::StrReplaceAll(full_name, {{".v1.", "."}});
}

Json Schemas::Of(const EnumDescriptor* type) {
  const std::string component = ComponentName(type->full_name());
  if (!components_.contains(component)) {
    Json values = Json::array();
    std::string labels;
    for (int i = 0; i < type->value_count(); ++i) {
      values.push_back(type->value(i)->name());
      const std::string label = describe::LabelOf(type->value(i));
      if (label != type->value(i)->name()) {
        absl::StrAppend(&labels, labels.empty() ? "" : "; ", type->value(i)->name(), " ", label);
      }
    }
    Json schema = {{"type", "string"}, {"enum", std::move(values)}};
    if (!labels.empty()) schema["description"] = labels;
    components_[component] = std::move(schema);
  }
  return Reference(component);
}

Json Schemas::Of(const Descriptor* type) {
  if (Json special = Special(type); !special.is_null()) return special;
  if (type->well_known_type() != Descriptor::WELLKNOWNTYPE_UNSPECIFIED && type->FindFieldByName("value") != nullptr) {
    return Value(type->FindFieldByName("value"));
  }
  const std::string component = ComponentName(type->full_name());
  if (components_.contains(component)) return Reference(component);
  // Entered before its fields are, so that a type that contains itself ends.
  components_[component] = nullptr;
  Json schema = {{"type", "object"}};
  if (const auto* resource = describe::ResourceOf(type)) schema["description"] = resource->label();
  Json properties = Json::object();
  for (int i = 0; i < type->field_count(); ++i) properties[type->field(i)->name()] = Of(type->field(i));
  schema["properties"] = std::move(properties);
  schema["additionalProperties"] = false;
  components_[component] = std::move(schema);
  return Reference(component);
}

Json Schemas::Complete(const Descriptor* type) {
  Json required = Json::array();
  for (int i = 0; i < type->field_count(); ++i) {
    if (describe::Has(describe::AnnotationOf(type->field(i)), options::v1::Field::REQUIRED)) {
      required.push_back(type->field(i)->name());
    }
  }
  Json schema = Of(type);
  if (required.empty()) return schema;
  return {{"allOf", Json::array({std::move(schema), {{"required", std::move(required)}}})}};
}

Json Schemas::Value(const FieldDescriptor* field) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return {{"type", "integer"}, {"format", "int32"}};
    case FieldDescriptor::CPPTYPE_UINT32:
      return {{"type", "integer"}, {"minimum", 0}};
    case FieldDescriptor::CPPTYPE_INT64:
      return {{"type", "string"}, {"format", "int64"}, {"pattern", "^-?[0-9]+$"}};
    case FieldDescriptor::CPPTYPE_UINT64:
      return {{"type", "string"}, {"format", "uint64"}, {"pattern", "^[0-9]+$"}};
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return {{"type", "number"}, {"format", "double"}};
    case FieldDescriptor::CPPTYPE_FLOAT:
      return {{"type", "number"}, {"format", "float"}};
    case FieldDescriptor::CPPTYPE_BOOL:
      return {{"type", "boolean"}};
    case FieldDescriptor::CPPTYPE_ENUM:
      return Of(field->enum_type());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return Of(field->message_type());
    case FieldDescriptor::CPPTYPE_STRING:
      break;
  }
  if (field->type() == FieldDescriptor::TYPE_BYTES) return {{"type", "string"}, {"contentEncoding", "base64"}};
  return {{"type", "string"}};
}

Json Schemas::Of(const FieldDescriptor* field) {
  const auto& annotation = describe::AnnotationOf(field);
  if (field->is_map()) {
    return {{"type", "object"}, {"additionalProperties", Value(field->message_type()->FindFieldByName("value"))}};
  }
  Json schema = Value(field);
  if (field->type() == FieldDescriptor::TYPE_STRING) {
    if (annotation.max_length() > 0) schema["maxLength"] = annotation.max_length();
    if (annotation.has_decimal()) schema["pattern"] = "^-?[0-9]+(\\.[0-9]+)?$";
  }
  if (annotation.has_min()) schema["minimum"] = annotation.min();
  if (annotation.has_max()) schema["maximum"] = annotation.max();
  if (field->is_repeated()) schema = {{"type", "array"}, {"items", std::move(schema)}};
  std::string words = annotation.label();
  if (!annotation.unit().empty()) absl::StrAppend(&words, "（", annotation.unit(), "）");
  if (!words.empty()) schema["description"] = words;
  if (describe::Has(annotation, options::v1::Field::OUTPUT_ONLY) || annotation.derived()) schema["readOnly"] = true;
  return schema;
}

Json Schemas::Take() {
  components_["google.rpc.Status"] = {{"type", "object"},
                                      {"properties",
                                       {{"code", {{"type", "integer"}, {"format", "int32"}}},
                                        {"message", {{"type", "string"}}},
                                        {"details",
                                         {{"type", "array"},
                                          {"items",
                                           {{"type", "object"},
                                            {"properties", {{"@type", {{"type", "string"}}}}},
                                            {"additionalProperties", true}}}}}}}};
  return std::exchange(components_, Json::object());
}

}  // namespace edudelta::gateway::routes
