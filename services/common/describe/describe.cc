#include "common/describe/describe.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/base/status.h"

namespace edudelta::describe {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

absl::Status Unknown(const MethodDescriptor* method, absl::string_view why) {
  return Invalid("method", "METHOD_UNKNOWN", absl::StrCat("方法 ", method->full_name(), " 的形状不符合约定: ", why));
}

// The field that holds a resource (or, with `repeated`, resources), if there is exactly one.
const FieldDescriptor* ResourceField(const Descriptor* message, bool repeated) {
  const FieldDescriptor* found = nullptr;
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor* field = message->field(i);
    if (field->is_repeated() != repeated || field->type() != FieldDescriptor::TYPE_MESSAGE) continue;
    if (ResourceOf(field->message_type()) == nullptr) continue;
    if (found != nullptr) return nullptr;
    found = field;
  }
  return found;
}

std::string LowerFirst(absl::string_view text) {
  std::string out(text);
  if (!out.empty()) out[0] = absl::ascii_tolower(out[0]);
  return out;
}

const ServiceDescriptor* ServiceIn(const google::protobuf::DescriptorPool& pool, absl::string_view package,
                                   absl::string_view name) {
  if (name.empty()) return nullptr;
  const std::string first(1, absl::ascii_toupper(name[0]));
  return pool.FindServiceByName(absl::StrCat(package, ".", first, name.substr(1), "Service"));
}

absl::StatusOr<MethodShape> About(MethodKind kind, const Descriptor* resource, const FieldDescriptor* field,
                                  absl::string_view verb) {
  MethodShape shape;
  shape.kind = kind;
  shape.resource = resource;
  shape.resource_field = field;
  shape.verb = std::string(verb);
  ASSIGN_OR_RETURN(shape.pattern, ParsePattern(ResourceOf(resource)->pattern()));
  return shape;
}

absl::StatusOr<MethodShape> Custom(const MethodDescriptor* method) {
  const options::v1::Method& annotation = method->options().GetExtension(options::v1::method);
  const bool transition = method->options().HasExtension(options::v1::transition);
  MethodShape shape;
  shape.kind = transition ? MethodKind::kTransition : MethodKind::kCustom;
  shape.internal = annotation.internal();
  const Descriptor* output = method->output_type();
  if (ResourceOf(output) != nullptr) shape.resource = output;
  if (transition && shape.resource == nullptr) return Unknown(method, "流转须返回资源");

  std::string pattern = annotation.pattern();
  if (pattern.empty() && transition) pattern = ResourceOf(shape.resource)->pattern();
  if (!pattern.empty()) {
    ASSIGN_OR_RETURN(shape.pattern, ParsePattern(pattern));
  } else if (!shape.internal) {
    return Unknown(method, "缺少 pattern");
  }
  shape.verb = annotation.verb();
  if (shape.verb.empty()) {
    // RequestHazardRecheck of a Hazard is requestRecheck.
    std::string words = method->name();
    if (shape.resource != nullptr) {
      const size_t at = words.find(shape.resource->name());
      if (at != std::string::npos && at > 0) words.erase(at, shape.resource->name().size());
    }
    shape.verb = LowerFirst(words);
  }
  return shape;
}

// A resource of the method's package.
const Descriptor* ResourceNamed(const MethodDescriptor* method, absl::string_view type) {
  const Descriptor* message =
      method->file()->pool()->FindMessageTypeByName(absl::StrCat(method->file()->package(), ".", type));
  return message != nullptr && ResourceOf(message) != nullptr ? message : nullptr;
}

}  // namespace

const options::v1::Resource* ResourceOf(const Descriptor* message) {
  if (!message->options().HasExtension(options::v1::resource)) return nullptr;
  return &message->options().GetExtension(options::v1::resource);
}

const options::v1::Field& AnnotationOf(const FieldDescriptor* field) {
  return field->options().GetExtension(options::v1::field);
}

bool Has(const options::v1::Field& annotation, options::v1::Field::Behavior behavior) {
  for (int each : annotation.behavior()) {
    if (each == behavior) return true;
  }
  return false;
}

std::string LabelOf(const google::protobuf::EnumValueDescriptor* value) {
  const std::string& label = value->options().GetExtension(options::v1::value_label);
  return label.empty() ? value->name() : label;
}

std::string ServiceOf(const google::protobuf::FileDescriptor* file) {
  absl::string_view package = file->package();
  if (!absl::ConsumePrefix(&package, "edudelta.")) return "";
  return std::string(package.substr(0, package.find('.')));
}

std::string DatasetOf(const Descriptor* resource) {
  return absl::StrCat(ServiceOf(resource->file()), ".", resource->name());
}

const Descriptor* FindDataset(absl::string_view dataset) {
  const size_t dot = dataset.find('.');
  if (dot == absl::string_view::npos) return nullptr;
  const Descriptor* message = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
      absl::StrCat("edudelta.", dataset.substr(0, dot), ".v1.", dataset.substr(dot + 1)));
  return message != nullptr && ResourceOf(message) != nullptr ? message : nullptr;
}

const ServiceDescriptor* FindService(absl::string_view name) {
  return ServiceIn(*google::protobuf::DescriptorPool::generated_pool(), absl::StrCat("edudelta.", name, ".v1"), name);
}

const ServiceDescriptor* OwnerOf(const Descriptor* resource) {
  const auto* file = resource->file();
  return ServiceIn(*file->pool(), file->package(), ServiceOf(file));
}

std::vector<const Descriptor*> ResourcesOf(const std::vector<const ServiceDescriptor*>& services) {
  std::vector<const Descriptor*> resources;
  for (const auto* service : services) {
    for (int i = 0; i < service->method_count(); ++i) {
      const auto shape = Classify(service->method(i));
      if (!shape.ok() || shape->resource == nullptr) continue;
      if (std::find(resources.begin(), resources.end(), shape->resource) == resources.end()) {
        resources.push_back(shape->resource);
      }
    }
  }
  return resources;
}

absl::string_view ToString(MethodKind kind) {
  switch (kind) {
    case MethodKind::kGet:
      return "Get";
    case MethodKind::kList:
      return "List";
    case MethodKind::kSearch:
      return "Search";
    case MethodKind::kCreate:
      return "Create";
    case MethodKind::kUpdate:
      return "Update";
    case MethodKind::kDelete:
      return "Delete";
    case MethodKind::kBatchCreate:
      return "BatchCreate";
    case MethodKind::kImport:
      return "Import";
    case MethodKind::kExport:
      return "Export";
    case MethodKind::kListRevisions:
      return "ListRevisions";
    case MethodKind::kListTransitions:
      return "ListTransitions";
    case MethodKind::kTransition:
      return "Transition";
    case MethodKind::kCustom:
      return "Custom";
  }
  return "";
}

bool IsRead(MethodKind kind) {
  return kind == MethodKind::kGet || kind == MethodKind::kList || kind == MethodKind::kSearch ||
         kind == MethodKind::kExport || kind == MethodKind::kListRevisions || kind == MethodKind::kListTransitions;
}

absl::StatusOr<MethodShape> Classify(const MethodDescriptor* method) {
  if (method->options().HasExtension(options::v1::method) || method->options().HasExtension(options::v1::transition)) {
    return Custom(method);
  }
  const absl::string_view name = method->name();
  const Descriptor* input = method->input_type();
  const Descriptor* output = method->output_type();
  const bool streams = method->client_streaming() || method->server_streaming();

  if (absl::StartsWith(name, "Import") && method->client_streaming() && !method->server_streaming()) {
    if (const FieldDescriptor* rows = ResourceField(input, true)) {
      return About(MethodKind::kImport, rows->message_type(), rows, "import");
    }
  }
  if (absl::StartsWith(name, "Export") && method->server_streaming() && !method->client_streaming()) {
    if (const FieldDescriptor* rows = ResourceField(output, true)) {
      return About(MethodKind::kExport, rows->message_type(), rows, "export");
    }
  }
  if (streams) return Unknown(method, "只有导入导出可以是流");

  if (name == absl::StrCat("Get", output->name()) && ResourceOf(output) != nullptr) {
    return About(MethodKind::kGet, output, nullptr, "");
  }
  if (output->full_name() == "edudelta.resource.v1.ListTransitionsResponse") {
    absl::string_view type = name;
    const bool named = absl::ConsumePrefix(&type, "List") && absl::ConsumeSuffix(&type, "Transitions");
    const Descriptor* resource = named ? ResourceNamed(method, type) : nullptr;
    if (resource != nullptr) return About(MethodKind::kListTransitions, resource, nullptr, "listTransitions");
  }
  if (absl::StartsWith(name, "List") && absl::EndsWith(name, "Revisions")) {
    const FieldDescriptor* rows = ResourceField(output, true);
    if (rows != nullptr && name == absl::StrCat("List", rows->message_type()->name(), "Revisions")) {
      return About(MethodKind::kListRevisions, rows->message_type(), rows, "listRevisions");
    }
  }
  if (absl::StartsWith(name, "List") || absl::StartsWith(name, "Search")) {
    if (const FieldDescriptor* rows = ResourceField(output, true)) {
      const bool search = absl::StartsWith(name, "Search");
      return About(search ? MethodKind::kSearch : MethodKind::kList, rows->message_type(), rows,
                   search ? "search" : "");
    }
  }
  if (absl::StartsWith(name, "Create") || absl::StartsWith(name, "Update")) {
    const FieldDescriptor* field = ResourceField(input, false);
    if (field != nullptr && name.substr(6) == field->message_type()->name()) {
      const bool create = absl::StartsWith(name, "Create");
      return About(create ? MethodKind::kCreate : MethodKind::kUpdate, field->message_type(), field, "");
    }
  }
  if (absl::StartsWith(name, "Delete")) {
    const Descriptor* resource = ResourceNamed(method, name.substr(6));
    if (resource != nullptr) return About(MethodKind::kDelete, resource, nullptr, "");
  }
  if (absl::StartsWith(name, "BatchCreate")) {
    const FieldDescriptor* requests = input->FindFieldByName("requests");
    if (requests != nullptr && requests->is_repeated() && requests->message_type() != nullptr) {
      if (const FieldDescriptor* field = ResourceField(requests->message_type(), false)) {
        return About(MethodKind::kBatchCreate, field->message_type(), requests, "batchCreate");
      }
    }
  }
  return Unknown(method, "既不是标准方法, 也没有注解");
}

}  // namespace edudelta::describe
