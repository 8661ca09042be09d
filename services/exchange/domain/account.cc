#include "exchange/domain/account.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/describe/describe.h"

namespace edudelta::exchange::domain {
namespace {

constexpr absl::string_view kDistricts = "districts/";
constexpr size_t kLongestPrefix = 250;

bool Administers(const call::v1::Caller& caller, absl::string_view name) {
  return std::any_of(caller.bindings().begin(), caller.bindings().end(), [&](const call::v1::Binding& binding) {
    return binding.role() == options::v1::ROLE_ADMINISTRATOR && describe::Covers(binding.prefix(), name);
  });
}

bool NamesDistricts(absl::string_view prefix) { return prefix == "*" || absl::StartsWith(prefix, kDistricts); }

bool Owns(const v1::Organization& organization, absl::string_view prefix) {
  return std::any_of(organization.districts().begin(), organization.districts().end(), [&](const auto& district) {
    return describe::Covers(absl::StrCat(kDistricts, district), prefix);
  });
}

// Those who write registers, or read their personal data in clear. Evaluators and supervisors look at others' registers
// by their office.
bool KeepsRegisters(options::v1::Role role) {
  switch (role) {
    case options::v1::ROLE_BUREAU_CLERK:
    case options::v1::ROLE_SCHOOL_CLERK:
    case options::v1::ROLE_INSPECTOR:
    case options::v1::ROLE_SAFETY_OFFICER:
    case options::v1::ROLE_SENSITIVE_READER:
      return true;
    default:
      return false;
  }
}

// Cities and districts keep the registers: below the nation or a province itself stands no school and nobody.
bool CoversNothing(absl::string_view prefix) {
  const absl::string_view district = describe::DistrictOf(prefix);
  return !district.empty() && !describe::IsDistrictName(prefix) && describe::SignificantDigits(district).size() < 4;
}

}  // namespace

absl::Status Check(const v1::Organization& next) {
  std::set<std::string> seen;
  for (const std::string& district : next.districts()) {
    if (!seen.insert(district).second) return Invalid("districts", "DISTRICT_TWICE", "同一区划写了两次");
  }
  if (!next.districts().empty() && next.kind() != v1::Organization::KIND_BUREAU) {
    return Invalid("districts", "DISTRICTS_NOT_BUREAU", "只有教育局可以管辖区划");
  }
  return absl::OkStatus();
}

absl::Status MayOwn(const v1::Organization& next, const std::vector<v1::Organization>& others) {
  for (const v1::Organization& other : others) {
    if (other.name() == next.name()) continue;
    for (const std::string& district : next.districts()) {
      if (std::find(other.districts().begin(), other.districts().end(), district) == other.districts().end()) continue;
      return Refused("DISTRICT_OWNED", absl::StrCat("区划", district, "已归另一组织"),
                     {{"district", district}, {"organization", other.name()}});
    }
  }
  return absl::OkStatus();
}

absl::Status MayAssignDistricts(const call::v1::Caller& caller, const v1::Organization* old,
                                const v1::Organization& next) {
  for (const std::string& district : next.districts()) {
    if (old != nullptr &&
        std::find(old->districts().begin(), old->districts().end(), district) != old->districts().end())
      continue;
    if (Administers(caller, absl::StrCat(kDistricts, district))) continue;
    return Denied("DISTRICT_NOT_YOURS", absl::StrCat("没有分配区划", district, "的权限"), {{"district", district}});
  }
  return absl::OkStatus();
}

bool IsPrefix(absl::string_view prefix) {
  if (prefix == "*") return true;
  if (prefix.size() > kLongestPrefix) return false;
  const std::vector<absl::string_view> parts = absl::StrSplit(prefix, '/');
  if (parts.size() % 2 != 0) return false;
  if (parts[0] == "districts" ? !describe::IsDistrictCode(parts[1]) : parts[0] != "organizations") return false;
  return std::all_of(parts.begin(), parts.end(), describe::IsId);
}

absl::Status CheckBindings(const google::protobuf::RepeatedPtrField<v1::RoleBinding>& bindings) {
  std::set<std::string> seen;
  for (const v1::RoleBinding& binding : bindings) {
    if (binding.role() == options::v1::ROLE_UNSPECIFIED || !options::v1::Role_IsValid(binding.role())) {
      return Invalid("bindings", "ROLE_REQUIRED", "角色没有写明");
    }
    if (binding.role() == options::v1::ROLE_SERVICE) {
      return Invalid("bindings", "ROLE_NOT_GRANTABLE", "系统服务的角色不能授予账号");
    }
    if (!IsPrefix(binding.prefix())) {
      return Invalid("bindings", "PREFIX_INVALID", "角色的范围应为 *、区划、组织或其下的名称");
    }
    if (!seen.insert(absl::StrCat(binding.role(), " ", binding.prefix())).second) {
      return Invalid("bindings", "BINDING_TWICE", "同一角色和范围写了两次");
    }
  }
  return absl::OkStatus();
}

absl::Status MayGrant(const call::v1::Caller& caller, const v1::Organization& organization, absl::string_view account,
                      const v1::RoleBinding& binding) {
  if (caller.principal() == account) return Denied("GRANT_TO_SELF", "不能给自己授予角色，应由另一管理员办理");
  if (CoversNothing(binding.prefix())) {
    return Invalid("bindings", "PREFIX_COVERS_NOTHING", "国家和省级区划下没有登记的对象，范围应写到市、区县之下");
  }
  if (KeepsRegisters(binding.role()) && NamesDistricts(binding.prefix()) && !Owns(organization, binding.prefix())) {
    return Denied("GRANT_ACROSS_ORGANIZATIONS", "经办类角色只能授予该区划所属组织的账号，跨组织查阅须订立共享协议",
                  {{"prefix", binding.prefix()}, {"organization", organization.name()}});
  }
  return MayAdminister(caller, organization, binding);
}

absl::Status MayAdminister(const call::v1::Caller& caller, const v1::Organization& organization,
                           const v1::RoleBinding& binding) {
  if (Administers(caller, binding.prefix())) return absl::OkStatus();
  const bool ordinary = binding.role() != options::v1::ROLE_ADMINISTRATOR;
  if (ordinary && Owns(organization, binding.prefix()) && Administers(caller, organization.name())) {
    return absl::OkStatus();
  }
  return Denied("GRANT_TOO_WIDE", "不能授予超出自己管理范围的角色", {{"prefix", binding.prefix()}});
}

std::vector<v1::RoleBinding> Added(const google::protobuf::RepeatedPtrField<v1::RoleBinding>& old,
                                   const google::protobuf::RepeatedPtrField<v1::RoleBinding>& next) {
  std::vector<v1::RoleBinding> added;
  for (const v1::RoleBinding& binding : next) {
    const bool kept = std::any_of(old.begin(), old.end(), [&](const v1::RoleBinding& one) {
      return one.role() == binding.role() && one.prefix() == binding.prefix();
    });
    if (!kept) added.push_back(binding);
  }
  return added;
}

absl::string_view OrganizationOf(absl::string_view principal) {
  const std::vector<absl::string_view> parts = absl::StrSplit(principal, '/');
  if (parts.size() != 4 || parts[0] != "organizations") return "";
  return principal.substr(0, parts[0].size() + 1 + parts[1].size());
}

}  // namespace edudelta::exchange::domain
