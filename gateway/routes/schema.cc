#include "gateway/routes/schema.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/describe/describe.h"
#include "common/describe/limits.h"

namespace edudelta::gateway::routes {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using options::v1::Field;

constexpr char kId[] = "[A-Za-z0-9._~-]{1,63}";
constexpr char kUuid4[] = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
// A column's, where no other is declared.
constexpr int kLongestText = 255;

Json Reference(const std::string& component) { return {{"$ref", absl::StrCat("#/components/schemas/", component)}}; }

Json Text(const char* format) { return {{"type", "string"}, {"format", format}}; }

// Messages that are no objects in JSON, or objects of any shape; null for others.
Json Special(const Descriptor* type) {
  const std::string& name = type->full_name();
  if (name == "google.protobuf.Timestamp") return Text("date-time");
  // What the database can store begins with the year 1000.
  if (name == "google.type.Date") return {{"type", "string"}, {"format", "date"}, {"pattern", "^[1-9][0-9]{3}-"}};
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

// What a text of this format looks like (codes/format.h), as far as a pattern can say it; null for others.
const char* ShapeOf(Field::Format format) {
  switch (format) {
    case Field::SOCIAL_CREDIT_CODE:
      return "[0-9A-Z]{2}[0-9]{6}[0-9A-Z]{10}";
    case Field::SCHOOL_CODE:
      return "[0-9]{10}";
    case Field::TEACHER_CERTIFICATE:
      return "[0-9]{17}";
    case Field::TOWN_CODE:
      return "[0-9]{9}";
    case Field::DISTRICT_CODE:
      return "[0-9]{6}";
    case Field::RESIDENT_ID:
      return "[0-9]{17}[0-9X]";
    default:
      return nullptr;
  }
}

std::string Whole(absl::string_view pattern) { return absl::StrCat("^", pattern, "$"); }
// The empty text is a field that is not set.
std::string WholeOrEmpty(absl::string_view pattern) { return absl::StrCat("^(", pattern, ")?$"); }

// A row is shown with masks, which have another shape.
bool MayBeMasked(const Field& annotation) { return annotation.level() == Field::L3 || annotation.level() == Field::L4; }

// As ParseDecimal reads it: zeros in front and at the end say nothing.
std::string DecimalShape(const Field::Decimal& decimal) {
  const int whole = decimal.precision() - decimal.scale();
  const std::string digits = whole > 0 ? absl::StrCat("0*[0-9]{1,", whole, "}") : "0+";
  const std::string fraction = decimal.scale() > 0 ? absl::StrCat("[0-9]{1,", decimal.scale(), "}0*") : "0+";
  return absl::StrCat("-?", digits, "(\\.", fraction, ")?");
}

// The field of a resource into which a step's request is copied has the rules; else the field itself.
const FieldDescriptor* RuledBy(const FieldDescriptor* field) {
  const Descriptor* type = field->containing_type();
  const std::string& of = type->options().GetExtension(options::v1::step).of();
  if (of.empty()) return field;
  const Descriptor* resource =
      type->file()->pool()->FindMessageTypeByName(absl::StrCat(type->file()->package(), ".", of));
  const FieldDescriptor* copied = resource == nullptr ? nullptr : resource->FindFieldByName(field->name());
  const bool same = copied != nullptr && field->name() != "name" && field->name() != "etag";
  return same && copied->type() == field->type() ? copied : field;
}

bool IsCreateRequest(const Descriptor* type) {
  return absl::StartsWith(type->name(), "Create") && absl::EndsWith(type->name(), "Request");
}

Json RequiredOf(const Descriptor* type) {
  Json required = Json::array();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    const bool batch = field->message_type() != nullptr && IsCreateRequest(field->message_type());
    if (batch || describe::Has(describe::AnnotationOf(field), Field::REQUIRED)) required.push_back(field->name());
  }
  return required;
}

// Zero is a field that is not set.
bool MayNotBeZero(const FieldDescriptor* field) {
  return !field->has_presence() && !field->is_repeated() &&
         describe::Has(describe::AnnotationOf(field), Field::REQUIRED);
}

}  // namespace

Json PathPart(absl::string_view variable) {
  if (variable == "district") return {{"type", "string"}, {"pattern", "^[0-9]{6}$"}};
  // Clients take "." and ".." out of a path before they send it.
  return {{"type", "string"}, {"pattern", Whole(kId)}, {"not", {{"enum", {".", ".."}}}}};
}

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
  if (IsCreateRequest(type)) {
    components_[component] = OfCreate(type);
    return Reference(component);
  }
  Json schema = {{"type", "object"}};
  if (const auto* resource = describe::ResourceOf(type)) schema["description"] = resource->label();
  Json properties = Json::object();
  for (int i = 0; i < type->field_count(); ++i) properties[type->field(i)->name()] = Of(type->field(i));
  schema["properties"] = std::move(properties);
  if (Json required = RequiredOf(type); !required.empty() && absl::EndsWith(type->name(), "Request")) {
    schema["required"] = std::move(required);
  }
  schema["additionalProperties"] = false;
  components_[component] = std::move(schema);
  return Reference(component);
}

Json Schemas::Complete(const Descriptor* type) {
  Json required = RequiredOf(type);
  Json schema = Of(type);
  if (required.empty()) return schema;
  return {{"allOf", Json::array({std::move(schema), {{"required", std::move(required)}}})}};
}

bool Schemas::Asks(const Descriptor* request) { return !RequiredOf(request).empty(); }

Json Schemas::OfCodes(const std::string& set) {
  const std::string component = absl::StrCat("codes.", set);
  if (!components_.contains(component)) {
    Json values = Json::array({""});
    std::vector<std::string> labels;
    for (const codes::Code& code : codes_.Find(set)->codes) {
      values.push_back(code.code);
      labels.push_back(absl::StrCat(code.code, " ", code.label));
    }
    components_[component] = {
        {"type", "string"}, {"enum", std::move(values)}, {"description", absl::StrJoin(labels, "; ")}};
  }
  return Reference(component);
}

Json Schemas::Id(const Descriptor* resource) {
  const char* shape = ShapeOf(describe::ResourceOf(resource)->id_format());
  if (shape != nullptr) return {{"type", "string"}, {"pattern", Whole(shape)}};
  return {{"type", "string"}, {"pattern", WholeOrEmpty(kId)}, {"not", {{"enum", {"-", ".", ".."}}}}};
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

// A text with the rules for it that a schema can say.
Json Schemas::Texts(const FieldDescriptor* field) {
  const FieldDescriptor* ruled = RuledBy(field);
  const auto& annotation = describe::AnnotationOf(ruled);
  const bool column = describe::ResourceOf(ruled->containing_type()) != nullptr;
  const bool required = describe::Has(describe::AnnotationOf(field), Field::REQUIRED) && !field->is_repeated();
  const std::string& name = field->name();
  Json schema = {{"type", "string"}};
  if (codes_.Find(annotation.code_set()) != nullptr && !MayBeMasked(annotation)) {
    schema = OfCodes(annotation.code_set());
  } else if (annotation.has_decimal()) {
    const std::string shape = DecimalShape(annotation.decimal());
    schema["pattern"] = required ? Whole(shape) : WholeOrEmpty(shape);
  } else if (const char* shape = ShapeOf(annotation.format()); shape != nullptr && !MayBeMasked(annotation)) {
    schema["pattern"] = required ? Whole(shape) : WholeOrEmpty(shape);
  } else if (annotation.max_length() > 0) {
    schema["maxLength"] = annotation.max_length();
  } else if (name == "request_id") {
    schema["pattern"] = WholeOrEmpty(kUuid4);
  } else if (!column && name == "note") {
    schema["maxLength"] = describe::kLongestNote;
  } else if (!column && name == "filter") {
    schema["maxLength"] = describe::kLongestFilter;
  } else if (column && annotation.level() != Field::LEVEL_UNSPECIFIED && !field->is_repeated()) {
    schema["maxLength"] = kLongestText;
  }
  if (required && !schema.contains("pattern")) {
    // Blanks are nothing.
    if (schema.contains("$ref"))
      schema["minLength"] = 1;
    else
      schema["pattern"] = "\\S";
  }
  return schema;
}

// What a BatchCreate is given for each row. With ids of its own a resource makes none.
Json Schemas::OfCreate(const Descriptor* create) {
  Json schema = {{"type", "object"}};
  Json properties = Json::object();
  Json required = Json::array();
  const Descriptor* resource = nullptr;
  for (int i = 0; i < create->field_count(); ++i) {
    const FieldDescriptor* field = create->field(i);
    if (field->message_type() != nullptr && describe::ResourceOf(field->message_type()) != nullptr) {
      resource = field->message_type();
    }
  }
  for (int i = 0; i < create->field_count(); ++i) {
    const FieldDescriptor* field = create->field(i);
    const bool row = field->message_type() == resource;
    const bool id = absl::EndsWith(field->name(), "_id") && field->name() != "request_id";
    properties[field->name()] = row ? Complete(resource) : id ? Id(resource) : Of(field);
    if (row || (id && describe::ResourceOf(resource)->id_format() != Field::FORMAT_UNSPECIFIED)) {
      required.push_back(field->name());
    }
  }
  schema["properties"] = std::move(properties);
  schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  return schema;
}

Json Schemas::Of(const FieldDescriptor* field) {
  const auto& annotation = describe::AnnotationOf(field);
  if (field->is_map()) {
    return {{"type", "object"}, {"additionalProperties", Value(field->message_type()->FindFieldByName("value"))}};
  }
  const bool text = field->type() == FieldDescriptor::TYPE_STRING;
  Json schema = text ? Texts(field) : Value(field);
  const bool number = schema.value("type", "") == "integer" || schema.value("type", "") == "number";
  if (number && annotation.has_min()) schema["minimum"] = annotation.min();
  if (number && annotation.has_max()) schema["maximum"] = annotation.max();
  if (field->name() == "page_size") schema["minimum"] = 0;
  if (MayNotBeZero(field)) {
    if (number && !(annotation.has_min() && annotation.min() > 0)) schema["not"] = {{"const", 0}};
    if (field->enum_type() != nullptr) schema["not"] = {{"const", field->enum_type()->value(0)->name()}};
  }
  if (field->is_repeated()) {
    const bool column = describe::ResourceOf(field->containing_type()) != nullptr;
    if (text && column && !schema.contains("pattern")) schema["pattern"] = "\\S";
    schema = {{"type", "array"}, {"items", std::move(schema)}};
    const bool batch = field->message_type() != nullptr && IsCreateRequest(field->message_type());
    if (batch || describe::Has(annotation, Field::REQUIRED)) schema["minItems"] = 1;
    if (batch || column) schema["maxItems"] = describe::kMostItems;
  }
  std::string words = annotation.label();
  if (!annotation.unit().empty()) absl::StrAppend(&words, "（", annotation.unit(), "）");
  // Of a number in a text no schema can say its bounds.
  if (!number && annotation.has_min()) absl::StrAppend(&words, "，不小于", annotation.min());
  if (!number && annotation.has_max()) absl::StrAppend(&words, "，不大于", annotation.max());
  if (!words.empty()) schema["description"] = words;
  if (describe::Has(annotation, Field::OUTPUT_ONLY) || annotation.derived()) schema["readOnly"] = true;
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
