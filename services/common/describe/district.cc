#include "common/describe/district.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace edudelta::describe {
namespace {

constexpr absl::string_view kDistricts = "districts/";
constexpr size_t kDigits = 6;

}  // namespace

bool IsDistrictCode(absl::string_view text) {
  return text.size() == kDigits && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

absl::string_view SignificantDigits(absl::string_view code) {
  while (code.size() >= 2 && absl::EndsWith(code, "00")) code.remove_suffix(2);
  return code;
}

bool CoversDistrict(absl::string_view holder, absl::string_view code) {
  return IsDistrictCode(holder) && IsDistrictCode(code) && absl::StartsWith(code, SignificantDigits(holder));
}

std::pair<std::string, std::string> CoveredCodes(absl::string_view code) {
  const absl::string_view start = SignificantDigits(code);
  const size_t open = code.size() - start.size();
  return {std::string(code), absl::StrCat(start, std::string(open, '9'))};
}

absl::string_view DistrictOf(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, kDistricts)) return {};
  const absl::string_view id = name.substr(0, name.find('/'));
  return id == "-" || IsDistrictCode(id) ? id : absl::string_view();
}

bool IsDistrictName(absl::string_view name) { return absl::ConsumePrefix(&name, kDistricts) && IsDistrictCode(name); }

bool Covers(absl::string_view prefix, absl::string_view name) {
  if (prefix == "*") return true;
  if (prefix.empty()) return false;
  if (IsDistrictName(prefix)) return CoversDistrict(DistrictOf(prefix), DistrictOf(name));
  return absl::StartsWith(name, prefix) && (name.size() == prefix.size() || name[prefix.size()] == '/');
}

bool CoversFromAbove(absl::string_view prefix, absl::string_view name) {
  return IsDistrictName(prefix) && Covers(prefix, name) &&
         SignificantDigits(DistrictOf(prefix)).size() < SignificantDigits(DistrictOf(name)).size();
}

std::vector<std::string> Jurisdictions(absl::string_view district) {
  std::vector<std::string> names;
  auto add = [&](const std::string& code) {
    const std::string name = absl::StrCat(kDistricts, code);
    if (names.empty() || names.back() != name) names.push_back(name);
  };
  if (IsDistrictCode(district)) {
    add(std::string(district));
    add(absl::StrCat(district.substr(0, 4), "00"));
    add(absl::StrCat(district.substr(0, 2), "0000"));
  }
  add("000000");
  return names;
}

}  // namespace edudelta::describe
