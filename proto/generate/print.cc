#include "proto/generate/print.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "google/protobuf/message.h"
#include "proto/generate/shapes.h"

namespace edudelta::generate {
namespace {

using describe::MethodKind;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// As protoc keeps a comment, each line with what followed its slashes.
std::string Comment(absl::string_view text, absl::string_view indent) {
  absl::ConsumeSuffix(&text, "\n");
  if (text.empty()) return "";
  std::string lines;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) absl::StrAppend(&lines, indent, "//", line, "\n");
  return lines;
}

std::string TypeName(const Descriptor* type, const Package& package) {
  return type->file()->package() == package.name ? type->name() : type->full_name();
}

// One value of a string, bool or enum field, or a list of them.
std::string ValueOf(const Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  if (field->is_repeated()) {
    std::vector<std::string> values;
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      values.push_back(
          field->enum_type() != nullptr
              ? reflection->GetRepeatedEnum(message, field, i)->name()
              : absl::StrCat("\"", absl::Utf8SafeCEscape(reflection->GetRepeatedString(message, field, i)), "\""));
    }
    return absl::StrCat("[", absl::StrJoin(values, ", "), "]");
  }
  if (field->type() == FieldDescriptor::TYPE_BOOL) return reflection->GetBool(message, field) ? "true" : "false";
  return absl::StrCat("\"", absl::Utf8SafeCEscape(reflection->GetString(message, field)), "\"");
}

// An option of the type `as`, with the values that `given` has for its fields.
std::string Option(absl::string_view name, const Descriptor* as, const Message& given) {
  std::string text = absl::StrCat("    option (edudelta.options.v1.", name, ") = {\n");
  for (int i = 0; i < as->field_count(); ++i) {
    const FieldDescriptor* field = given.GetDescriptor()->FindFieldByName(as->field(i)->name());
    const bool set = field != nullptr && (field->is_repeated() ? given.GetReflection()->FieldSize(given, field) > 0
                                                               : given.GetReflection()->HasField(given, field));
    if (set) absl::StrAppend(&text, "      ", field->name(), ": ", ValueOf(given, field), "\n");
  }
  return absl::StrCat(text, "    };\n");
}

std::string RpcOf(const Special& special, const Package& package) {
  google::protobuf::SourceLocation location;
  const std::string comment =
      special.request->GetSourceLocation(&location) ? Comment(location.leading_comments, "  ") : "";
  const auto& custom = special.request->options().GetExtension(options::v1::custom);
  std::string text =
      absl::StrCat("\n", comment, "  rpc ", special.name, "(", TypeName(special.request, package), ") returns (",
                   custom.stream() ? "stream " : "", TypeName(special.response, package), ") {\n");
  if (custom.reads()) absl::StrAppend(&text, "    option idempotency_level = NO_SIDE_EFFECTS;\n");
  if (special.kind == MethodKind::kTransition) {
    absl::StrAppend(&text, Option("transition", options::v1::Transition::descriptor(),
                                  special.request->options().GetExtension(options::v1::step)));
  } else {
    absl::StrAppend(&text, Option("method", options::v1::Method::descriptor(), custom));
  }
  return absl::StrCat(text, "  }\n");
}

// What the text names of other files. Each line of it that names a type names it in full, unless it is of the package.
std::string Imports(const Package& package, const std::string& text) {
  std::set<std::string> files = {"edudelta/options/v1/options.proto"};
  for (const auto& [type, file] :
       {std::pair("edudelta.resource.v1.Import", "edudelta/resource/v1/import.proto"),
        std::pair("edudelta.resource.v1.ListTransitions", "edudelta/resource/v1/transition.proto"),
        std::pair("google.protobuf.Empty", "google/protobuf/empty.proto"),
        std::pair("google.protobuf.FieldMask", "google/protobuf/field_mask.proto"),
        std::pair("google.protobuf.Timestamp", "google/protobuf/timestamp.proto")}) {
    if (absl::StrContains(text, type)) files.insert(file);
  }
  for (const Resource& resource : package.resources) files.insert(resource.type->file()->name());
  for (const Special& special : package.specials) {
    files.insert(special.request->file()->name());
    files.insert(special.response->file()->name());
  }
  std::string lines;
  for (const std::string& file : files) absl::StrAppend(&lines, "import \"", file, "\";\n");
  return lines;
}

}  // namespace

std::string Print(const Package& package) {
  std::string text = absl::StrCat("service ", package.service, " {\n  option (edudelta.options.v1.service_label) = \"",
                                  absl::Utf8SafeCEscape(package.label), "\";\n");
  for (const Resource& resource : package.resources) {
    for (const MethodKind kind : resource.methods) absl::StrAppend(&text, RpcOf(resource, kind));
  }
  for (const Special& special : package.specials) absl::StrAppend(&text, RpcOf(special, package));
  absl::StrAppend(&text, "}\n");
  for (const Resource& resource : package.resources) {
    for (const MethodKind kind : resource.methods) absl::StrAppend(&text, MessagesOf(resource, kind));
  }
  return absl::StrCat(Comment(package.comment, ""), package.comment.empty() ? "" : "//\n",
                      "// Generated by proto/generate from the files beside it; do not edit.\nsyntax = \"proto3\";\n\n",
                      "package ", package.name, ";\n\n", Imports(package, text),
                      "\n// Half of the code to compile; the resources in these messages keep their own fast parsers.\n"
                      "option optimize_for = CODE_SIZE;\n\n",
                      text);
}

}  // namespace edudelta::generate
