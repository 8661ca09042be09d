#include "common/describe/access.h"

#include <algorithm>

#include "absl/strings/str_split.h"
#include "common/base/error.h"

namespace edudelta::describe {
namespace {

bool Listed(const Roles& roles, int role) { return std::find(roles.begin(), roles.end(), role) != roles.end(); }

// Whether names below `prefix` can have the resource's pattern and stand below `parent`.
bool ReachesInto(absl::string_view prefix, const Pattern& pattern, absl::string_view parent) {
  const std::vector<absl::string_view> parts = absl::StrSplit(prefix, '/');
  const std::vector<absl::string_view> above = absl::StrSplit(parent, '/', absl::SkipEmpty());
  if (parts.size() > pattern.segments.size()) return false;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!pattern.segments[i].variable && pattern.segments[i].text != parts[i]) return false;
    if (i >= above.size() || above[i] == "-" || above[i] == parts[i]) continue;
    if (!CoversDistrict(above[i], parts[i])) return false;
  }
  return true;
}

// Whether a row below `parent` can name something below `prefix` in a `within` field. In a district's register that
// counts within the district only.
bool ReachesByField(absl::string_view prefix, const options::v1::Resource& resource, absl::string_view parent) {
  if (resource.within().empty()) return false;
  const absl::string_view register_of = DistrictOf(parent);
  if (register_of.empty()) return true;
  const absl::string_view held = DistrictOf(prefix);
  return !IsDistrictName(prefix) && (register_of == "-" || CoversDistrict(register_of, held));
}

}  // namespace

Roles RolesOf(const options::v1::Resource& resource, MethodKind kind) {
  Roles roles = resource.write();
  for (const int role : resource.read()) {
    if (IsRead(kind) && !Listed(roles, role)) roles.Add(role);
  }
  return roles;
}

absl::Status RoleMissing() { return Denied("ROLE_MISSING", "没有办理此事的权限"); }

bool HoldsRole(const call::v1::Caller& caller, const Roles& roles, absl::string_view name) {
  return std::any_of(caller.bindings().begin(), caller.bindings().end(), [&](const call::v1::Binding& binding) {
    return Listed(roles, binding.role()) && Covers(binding.prefix(), name);
  });
}

bool MayHoldBelow(const call::v1::Caller& caller, const Roles& roles, const google::protobuf::Descriptor* resource,
                  absl::string_view parent) {
  if (HoldsRole(caller, roles, parent)) return true;
  const options::v1::Resource& options = *ResourceOf(resource);
  const auto pattern = ParsePattern(options.pattern());
  if (!pattern.ok()) return false;
  return std::any_of(caller.bindings().begin(), caller.bindings().end(), [&](const call::v1::Binding& binding) {
    if (!Listed(roles, binding.role())) return false;
    return ReachesInto(binding.prefix(), *pattern, parent) || ReachesByField(binding.prefix(), options, parent);
  });
}

}  // namespace edudelta::describe
