#include "proto/generate/declarations.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status.h"
#include "google/protobuf/descriptor.pb.h"

namespace edudelta::generate {
namespace {

using describe::MethodKind;
using google::protobuf::Descriptor;
using google::protobuf::FileDescriptor;
using options::v1::Field;

absl::Status Bad(const Descriptor* message, absl::string_view why) {
  google::protobuf::SourceLocation location;
  const std::string line =
      message->GetSourceLocation(&location) ? absl::StrCat(":", location.start_line + 1) : std::string();
  return absl::InvalidArgumentError(absl::StrCat(message->file()->name(), line, ": ", message->name(), ": ", why));
}

absl::Status Bad(const FileDescriptor* file, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(file->name(), ": ", why));
}

struct Standard {
  MethodKind kind;
  // None for Search, which nobody chooses.
  options::v1::Resource::StandardMethod option = options::v1::Resource::STANDARD_METHOD_UNSPECIFIED;
  bool changes = false;
  bool adds = false;
};

constexpr Standard kStandard[] = {
    {MethodKind::kGet, options::v1::Resource::GET},
    {MethodKind::kList, options::v1::Resource::LIST},
    {MethodKind::kSearch},
    {MethodKind::kCreate, options::v1::Resource::CREATE, false, true},
    {MethodKind::kBatchCreate, options::v1::Resource::BATCH_CREATE, false, true},
    {MethodKind::kUpdate, options::v1::Resource::UPDATE, true},
    {MethodKind::kDelete, options::v1::Resource::DELETE, true},
    {MethodKind::kImport, options::v1::Resource::IMPORT, false, true},
    {MethodKind::kExport, options::v1::Resource::EXPORT},
};

bool NeedsSearch(const Descriptor* type) {
  for (int i = 0; i < type->field_count(); ++i) {
    const Field& field = describe::AnnotationOf(type->field(i));
    if (field.filterable() && field.level() >= Field::L3) return true;
  }
  return false;
}

absl::StatusOr<std::vector<MethodKind>> MethodsOf(const Descriptor* type) {
  const options::v1::Resource& options = *describe::ResourceOf(type);
  std::set<int> given;
  for (const int method : options.methods()) {
    if (!given.insert(method).second) return Bad(type, "a method is given twice");
  }
  std::vector<MethodKind> methods;
  const auto has = [&](MethodKind kind) { return std::find(methods.begin(), methods.end(), kind) != methods.end(); };
  for (const Standard& one : kStandard) {
    const bool may = !(options.read_only() && (one.changes || one.adds)) && !(options.append_only() && one.changes);
    const bool wanted = one.kind == MethodKind::kSearch ? NeedsSearch(type)
                        : given.empty()                 ? may
                                                        : given.count(one.option) > 0;
    if (!wanted) continue;
    if (!may) return Bad(type, absl::StrCat(describe::ToString(one.kind), " of a resource whose rows are fixed"));
    methods.push_back(one.kind);
  }
  if (has(MethodKind::kBatchCreate) && !has(MethodKind::kCreate)) return Bad(type, "BATCH_CREATE needs CREATE");
  if (has(MethodKind::kExport) && !has(MethodKind::kList)) return Bad(type, "EXPORT needs LIST");
  if (has(MethodKind::kSearch) && !has(MethodKind::kList)) return Bad(type, "a sensitive filterable field needs LIST");
  // What changes has a past.
  if (has(MethodKind::kUpdate)) methods.push_back(MethodKind::kListRevisions);
  return methods;
}

absl::StatusOr<Resource> ReadResource(const Descriptor* type) {
  const options::v1::Resource& options = *describe::ResourceOf(type);
  Resource resource;
  resource.type = type;
  auto pattern = describe::ParsePattern(options.pattern());
  if (!pattern.ok() || pattern->segments.empty()) return Bad(type, "no valid pattern");
  resource.pattern = *std::move(pattern);
  resource.plural = options.plural().empty() ? type->name() + "s" : options.plural();
  ASSIGN_OR_RETURN(resource.methods, MethodsOf(type));
  if (!absl::EndsWith(type->file()->name(), absl::StrCat("/", SnakeCase(type->name()), ".proto"))) {
    return Bad(type, absl::StrCat("the file of a resource is named after it: ", SnakeCase(type->name()), ".proto"));
  }
  return resource;
}

// A type of the message's own package, or one by its full name.
const Descriptor* FindType(const Descriptor* message, const std::string& name) {
  const auto* pool = message->file()->pool();
  const Descriptor* own = pool->FindMessageTypeByName(absl::StrCat(message->file()->package(), ".", name));
  return own != nullptr ? own : pool->FindMessageTypeByName(name);
}

absl::StatusOr<Special> ReadStep(const Descriptor* request, const Descriptor* resource) {
  const options::v1::Step& step = request->options().GetExtension(options::v1::step);
  Special special;
  special.kind = MethodKind::kTransition;
  special.resource = special.response = FindType(request, step.of());
  if (special.response == nullptr || describe::ResourceOf(special.response) == nullptr) {
    return Bad(request, absl::StrCat("a step of \"", step.of(), "\", which is no resource"));
  }
  if (special.response != resource) return Bad(request, "a step stands in the file of its resource");
  int number = 0;
  for (const char* name : {"name", "etag", "request_id", "note"}) {
    const auto* field = request->FindFieldByNumber(++number);
    if (field == nullptr || field->name() != name || field->type() != field->TYPE_STRING || field->is_repeated()) {
      return Bad(request, "a step begins with the strings name = 1, etag = 2, request_id = 3, note = 4");
    }
  }
  return special;
}

absl::StatusOr<Special> ReadCustom(const Descriptor* request, const std::string& name, const Descriptor* resource) {
  const options::v1::Custom& custom = request->options().GetExtension(options::v1::custom);
  const std::string returns = custom.returns().empty() ? absl::StrCat(name, "Response") : custom.returns();
  Special special;
  special.response = FindType(request, returns);
  if (special.response == nullptr) return Bad(request, absl::StrCat("returns ", returns, ", which is no message"));
  if (!custom.pattern().empty()) special.resource = resource;
  return special;
}

absl::StatusOr<Special> ReadSpecial(const Descriptor* message, const Descriptor* resource) {
  const bool step = message->options().HasExtension(options::v1::step);
  const bool custom = message->options().HasExtension(options::v1::custom);
  if (step && custom) return Bad(message, "a step is no custom method");
  absl::string_view name = message->name();
  if (!absl::ConsumeSuffix(&name, "Request") || name.empty()) {
    return Bad(message, "the request of a method is named <Method>Request");
  }
  ASSIGN_OR_RETURN(Special special,
                   step ? ReadStep(message, resource) : ReadCustom(message, std::string(name), resource));
  special.name = std::string(name);
  special.request = message;
  return special;
}

absl::Status ReadFile(const FileDescriptor* file, Package* package) {
  const Descriptor* resource = nullptr;
  for (int i = 0; i < file->message_type_count(); ++i) {
    const Descriptor* message = file->message_type(i);
    if (describe::ResourceOf(message) == nullptr) continue;
    if (resource != nullptr) return Bad(message, "one resource a file");
    resource = message;
    ASSIGN_OR_RETURN(Resource declared, ReadResource(message));
    package->resources.push_back(std::move(declared));
  }
  for (int i = 0; i < file->message_type_count(); ++i) {
    const auto& options = file->message_type(i)->options();
    if (!options.HasExtension(options::v1::step) && !options.HasExtension(options::v1::custom)) continue;
    ASSIGN_OR_RETURN(Special special, ReadSpecial(file->message_type(i), resource));
    std::vector<MethodKind>& methods = package->resources.back().methods;
    if (special.kind == MethodKind::kTransition && methods.back() != MethodKind::kListTransitions) {
      methods.push_back(MethodKind::kListTransitions);
    }
    package->specials.push_back(std::move(special));
  }
  return absl::OkStatus();
}

absl::Status ReadService(const FileDescriptor* file, Package* package) {
  if (!file->options().HasExtension(options::v1::service)) return absl::OkStatus();
  if (!package->label.empty()) return Bad(file, "another file has made a service of this package");
  package->label = file->options().GetExtension(options::v1::service).label();
  if (package->label.empty()) return Bad(file, "the service has no label");
  google::protobuf::SourceLocation location;
  if (file->GetSourceLocation({google::protobuf::FileDescriptorProto::kSyntaxFieldNumber}, &location)) {
    package->comment = location.leading_comments;
  }
  return absl::OkStatus();
}

// No two resources of one pattern; no two methods of one name, and none with the messages of a standard method.
absl::Status CheckNames(const Package& package) {
  std::set<std::string> names;
  std::set<std::string> patterns;
  for (const Resource& resource : package.resources) {
    if (!patterns.insert(resource.pattern.text).second) return Bad(resource.type, "another resource has this pattern");
    for (const MethodKind kind : resource.methods) {
      const std::string name = MethodName(resource, kind);
      if (!names.insert(name).second) return Bad(resource.type, absl::StrCat("two methods ", name));
      for (const char* suffix : {"Request", "Response"}) {
        const Descriptor* message = FindType(resource.type, name + suffix);
        if (message != nullptr) return Bad(message, "is written by proto/generate");
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Package> Read(const std::vector<const FileDescriptor*>& files) {
  if (files.empty()) return absl::InvalidArgumentError("the package has no files");
  Package package;
  package.name = files[0]->package();
  std::string word = describe::ServiceOf(files[0]);
  if (word.empty()) return Bad(files[0], "the package is not edudelta.<service>.v1");
  word[0] = absl::ascii_toupper(word[0]);
  package.service = absl::StrCat(word, "Service");
  for (const FileDescriptor* file : files) {
    RETURN_IF_ERROR(ReadService(file, &package));
    RETURN_IF_ERROR(ReadFile(file, &package));
  }
  if (package.label.empty()) return Bad(files[0], "no file of the package has the option `service`");
  RETURN_IF_ERROR(CheckNames(package));
  return package;
}

std::string MethodName(const Resource& resource, MethodKind kind) {
  const bool one = kind == MethodKind::kGet || kind == MethodKind::kCreate || kind == MethodKind::kUpdate ||
                   kind == MethodKind::kDelete;
  if (kind == MethodKind::kListRevisions) return absl::StrCat("List", resource.type->name(), "Revisions");
  if (kind == MethodKind::kListTransitions) return absl::StrCat("List", resource.type->name(), "Transitions");
  return absl::StrCat(describe::ToString(kind), one ? resource.type->name() : resource.plural);
}

std::string SnakeCase(absl::string_view name) {
  std::string snake;
  for (const char c : name) {
    if (absl::ascii_isupper(c) && !snake.empty()) snake += '_';
    snake += absl::ascii_tolower(c);
  }
  return snake;
}

}  // namespace edudelta::generate
