// What --describe-access prints: who may call what. Committed as api/access.golden of each service and compared in CI,
// apart from plan.golden, so that a change of a permission stands alone.
#include "common/describe/access.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/service/runtime.h"

namespace edudelta::service {
namespace {

using describe::MethodKind;
using google::protobuf::MethodDescriptor;

std::string RoleNames(const google::protobuf::RepeatedField<int>& roles) {
  std::vector<std::string> names;
  for (int role : roles) {
    std::string name = options::v1::Role_Name(static_cast<options::v1::Role>(role)).substr(5);
    names.push_back(absl::AsciiStrToLower(name));
  }
  return names.empty() ? "nobody" : absl::StrJoin(names, ", ");
}

// Who may call: the resource's readers or writers, the transition's or the method's roles.
std::string Permission(const describe::MethodShape& shape, const MethodDescriptor* method) {
  if (shape.kind == MethodKind::kTransition) {
    const auto& transition = method->options().GetExtension(options::v1::transition);
    return absl::StrCat(RoleNames(transition.role()), transition.upper_level() ? " (from above)" : "",
                        transition.at().empty() ? "" : absl::StrCat(" at ", transition.at()));
  }
  if (shape.kind == MethodKind::kCustom) return RoleNames(method->options().GetExtension(options::v1::method).role());
  return RoleNames(describe::RolesOf(*describe::ResourceOf(shape.resource), shape.kind));
}

// What else the permission of a method depends on.
std::string Conditions(const describe::MethodShape& shape, const MethodDescriptor* method) {
  std::vector<std::string> conditions;
  const auto& others = method->options().GetExtension(options::v1::transition).not_same_actor_as();
  if (!others.empty()) conditions.push_back(absl::StrCat("not by who took ", absl::StrJoin(others, " or ")));
  const std::string& dataset = method->options().GetExtension(options::v1::method).dataset();
  if (!dataset.empty()) conditions.push_back(absl::StrCat("partners with an agreement for ", dataset));
  if (shape.internal) conditions.push_back("internal");
  return conditions.empty() ? "" : absl::StrCat("; ", absl::StrJoin(conditions, "; "));
}

// What decides beside the roles: whether partners may have it at all, and what it counts below.
std::string Heading(const google::protobuf::Descriptor& type) {
  const auto& resource = *describe::ResourceOf(&type);
  std::string heading = absl::StrCat(type.name(), ", share ", options::v1::Resource::Share_Name(resource.share()));
  if (resource.within_size() > 0) absl::StrAppend(&heading, ", also within ", absl::StrJoin(resource.within(), ", "));
  return heading;
}

}  // namespace

std::string Runtime::DescribeAccess() const {
  std::string text = absl::StrCat("service ", definition_.name, "\n");
  std::vector<const google::protobuf::Descriptor*> subjects = describe::ResourcesOf({descriptor_});
  // Methods about no resource of the service.
  subjects.push_back(nullptr);
  for (const auto* subject : subjects) {
    std::string lines;
    for (int i = 0; i < descriptor_->method_count(); ++i) {
      const MethodDescriptor* method = descriptor_->method(i);
      const auto shape = describe::Classify(method);
      if (!shape.ok() || shape->resource != subject) continue;
      absl::StrAppend(&lines, "  ", method->name(), ": ", Permission(*shape, method), Conditions(*shape, method), "\n");
    }
    if (lines.empty()) continue;
    absl::StrAppend(&text, "\n", subject == nullptr ? "other methods" : Heading(*subject), "\n", lines);
  }
  return text;
}

}  // namespace edudelta::service
