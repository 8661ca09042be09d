#include "gateway/policy/prefix.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace edudelta::gateway::policy {
namespace {

bool IsCode(absl::string_view text) {
  if (text.size() != 6) return false;
  for (const char c : text) {
    if (!absl::ascii_isdigit(c)) return false;
  }
  return true;
}

}  // namespace

absl::string_view DistrictOf(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, "districts/")) return {};
  const absl::string_view id = name.substr(0, name.find('/'));
  return id == "-" || IsCode(id) ? id : absl::string_view();
}

bool HoldsDistrict(absl::string_view holder, absl::string_view code) {
  if (!IsCode(holder) || !IsCode(code)) return false;
  if (holder == code) return true;
  if (absl::EndsWith(holder, "0000")) return absl::StartsWith(code, holder.substr(0, 2));
  return absl::EndsWith(holder, "00") && absl::StartsWith(code, holder.substr(0, 4));
}

bool Covers(absl::string_view prefix, absl::string_view name) {
  if (prefix == "*") return true;
  if (prefix.empty()) return false;
  if (name == prefix) return true;
  if (absl::StartsWith(name, prefix) && name[prefix.size()] == '/') return true;
  const absl::string_view holder = DistrictOf(prefix);
  return !holder.empty() && prefix.size() == 16 && HoldsDistrict(holder, DistrictOf(name));
}

}  // namespace edudelta::gateway::policy
