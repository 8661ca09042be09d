#include "gateway/routes/catalog.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/describe/describe.h"
#include "gateway/routes/schema.h"

namespace edudelta::gateway::routes {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using options::v1::Field;

std::string TypeOf(const FieldDescriptor* field) {
  if (describe::AnnotationOf(field).has_decimal()) return "decimal";
  if (field->type() == FieldDescriptor::TYPE_ENUM) return "enum";
  if (field->type() == FieldDescriptor::TYPE_MESSAGE) {
    const std::string& name = field->message_type()->full_name();
    if (name == "google.type.Date") return "date";
    if (name == "google.protobuf.Timestamp") return "timestamp";
    return ComponentName(name);
  }
  return field->type_name();
}

Json FieldOf(const FieldDescriptor* field) {
  const Field& annotation = describe::AnnotationOf(field);
  Json entry = {{"name", field->name()}, {"label", annotation.label()}, {"type", TypeOf(field)}};
  if (annotation.level() != Field::LEVEL_UNSPECIFIED) entry["level"] = Field::Level_Name(annotation.level());
  if (!annotation.unit().empty()) entry["unit"] = annotation.unit();
  if (!annotation.code_set().empty()) entry["code_set"] = annotation.code_set();
  if (annotation.format() != Field::FORMAT_UNSPECIFIED) entry["format"] = Field::Format_Name(annotation.format());
  if (annotation.has_decimal()) {
    entry["decimal"] = {{"precision", annotation.decimal().precision()}, {"scale", annotation.decimal().scale()}};
  }
  if (annotation.reference_size() > 0) entry["reference"] = absl::StrJoin(annotation.reference(), ", ");
  if (const auto* type = field->enum_type()) {
    Json values = Json::array();
    for (int i = 0; i < type->value_count(); ++i) {
      if (type->value(i)->number() == 0) continue;
      values.push_back({{"name", type->value(i)->name()}, {"label", describe::LabelOf(type->value(i))}});
    }
    entry["values"] = std::move(values);
  }
  if (field->is_repeated()) entry["repeated"] = true;
  if (describe::Has(annotation, Field::REQUIRED)) entry["required"] = true;
  if (describe::Has(annotation, Field::IMMUTABLE)) entry["immutable"] = true;
  if (describe::Has(annotation, Field::OUTPUT_ONLY) || annotation.derived()) entry["output_only"] = true;
  if (annotation.filterable()) entry["filterable"] = true;
  if (annotation.max_length() > 0) entry["max_length"] = annotation.max_length();
  if (annotation.has_min()) entry["min"] = annotation.min();
  if (annotation.has_max()) entry["max"] = annotation.max();
  return entry;
}

Json DatasetOf(const Descriptor* type, const google::protobuf::ServiceDescriptor* service) {
  const auto& resource = *describe::ResourceOf(type);
  const auto* share = options::v1::Resource::Share_descriptor()->FindValueByNumber(resource.share());
  Json entry = {{"dataset", describe::DatasetOf(type)},
                {"label", resource.label()},
                {"service", describe::ServiceOf(type->file())},
                {"service_label", service->options().GetExtension(options::v1::service_label)},
                {"pattern", resource.pattern()}};
  if (const auto pattern = describe::ParsePattern(resource.pattern()); pattern.ok()) {
    const std::string parent = describe::ParentPattern(*pattern).text;
    entry["path"] = absl::StrCat("/v1/", parent, parent.empty() ? "" : "/", describe::CollectionOf(*pattern));
  }
  if (share != nullptr && share->number() != 0) {
    entry["share"] = share->name();
    entry["share_label"] = describe::LabelOf(share);
  }
  if (!resource.share_ground().empty()) entry["share_ground"] = resource.share_ground();
  Json fields = Json::array();
  for (int i = 0; i < type->field_count(); ++i) {
    // `name` and `etag` belong to every resource and say nothing about this one.
    if (describe::AnnotationOf(type->field(i)).label().empty()) continue;
    fields.push_back(FieldOf(type->field(i)));
  }
  entry["fields"] = std::move(fields);
  return entry;
}

}  // namespace

std::string MakeCatalog(const std::vector<const google::protobuf::ServiceDescriptor*>& services) {
  Json datasets = Json::array();
  for (const auto* service : services) {
    for (const Descriptor* type : describe::ResourcesOf({service})) datasets.push_back(DatasetOf(type, service));
  }
  return Json{{"datasets", std::move(datasets)}}.dump();
}

}  // namespace edudelta::gateway::routes
