// Resource names against every pattern of the suite, and patterns themselves.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/describe/describe.h"
#include "tests/contract/apis.h"
#include "tests/fuzz/target.h"

namespace edudelta::fuzz {
namespace {

using describe::Pattern;
using describe::Wildcard;

const std::vector<Pattern>& Patterns() {
  static const auto& patterns = *[] {
    auto* all = new std::vector<Pattern>();
    for (const auto* type : contract::Resources()) {
      all->push_back(*describe::ParsePattern(describe::ResourceOf(type)->pattern()));
    }
    return all;
  }();
  return patterns;
}

// Patterns come from our own declarations: text at least.
bool TryPattern(absl::string_view text) {
  if (!std::all_of(text.begin(), text.end(), absl::ascii_isascii)) return false;
  const auto pattern = describe::ParsePattern(text);
  if (!pattern.ok()) {
    MustBeRefusal(pattern.status(), "PATTERN_INVALID");
    return false;
  }
  const std::string rebuilt = absl::StrJoin(pattern->segments, "/", [](std::string* out, const auto& segment) {
    absl::StrAppend(out, segment.variable ? "{" : "", segment.text, segment.variable ? "}" : "");
  });
  Must(rebuilt == text, "a pattern is its segments", text);
  const std::string parent = describe::ParentPattern(*pattern).text;
  Must(parent.empty() || describe::ParsePattern(parent).ok(), "a parent has a pattern", parent);
  return true;
}

}  // namespace

bool Try(absl::string_view input) {
  if (absl::ConsumePrefix(&input, "pattern:")) return TryPattern(input);
  bool taken = false;
  for (const Pattern& pattern : Patterns()) {
    const auto ids = describe::ParseName(pattern, input);
    const auto with_wildcards = describe::ParseName(pattern, input, Wildcard::kAllowed);
    Must(!ids || (with_wildcards && *with_wildcards == *ids), "a name without a wildcard is one with none", input);
    if (!with_wildcards) continue;
    Must(describe::BuildName(pattern, *with_wildcards) == input, "built again it is the same", input);
    for (const absl::string_view id : *with_wildcards) {
      Must(describe::IsId(id) || (!ids && id == "-"), "each part is an id", id);
    }
    const size_t slashes = std::count(input.begin(), input.end(), '/');
    Must(slashes + 1 == pattern.segments.size(), "no id has a slash", input);
    taken = taken || ids.has_value();
  }
  for (const std::string& name : describe::Jurisdictions(input)) {
    Must(absl::StartsWith(name, "districts/") && describe::IsId(name.substr(10)), "a jurisdiction is a district", name);
  }
  return taken;
}

}  // namespace edudelta::fuzz
