#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/describe/describe.h"

namespace edudelta::describe {
namespace {

constexpr size_t kMaxId = 63;

bool IsIdentifier(absl::string_view text) {
  if (text.empty() || !absl::ascii_islower(text[0])) return false;
  for (char c : text) {
    if (!absl::ascii_isalnum(c) && c != '_') return false;
  }
  return true;
}

template <typename Ids>
std::string Build(const Pattern& pattern, const Ids& ids) {
  std::string name;
  name.reserve(64);
  size_t next = 0;
  for (const Pattern::Segment& segment : pattern.segments) {
    if (!name.empty()) name.push_back('/');
    if (segment.variable) {
      absl::StrAppend(&name, ids[next++]);
    } else {
      name += segment.text;
    }
  }
  return name;
}

}  // namespace

absl::StatusOr<Pattern> ParsePattern(absl::string_view text) {
  const auto refuse = [&] { return Invalid("pattern", "PATTERN_INVALID", absl::StrCat("名称模式有误: ", text)); };
  Pattern pattern;
  pattern.text = std::string(text);
  for (absl::string_view part : absl::StrSplit(text, '/')) {
    const bool variable = part.size() > 2 && part.front() == '{' && part.back() == '}';
    if (variable) part = part.substr(1, part.size() - 2);
    if (!IsIdentifier(part)) return refuse();
    if (variable) {
      for (const std::string& other : pattern.variables) {
        if (other == part) return refuse();
      }
      pattern.variables.emplace_back(part);
    }
    pattern.segments.push_back({std::string(part), variable});
  }
  return pattern;
}

Pattern ParentPattern(const Pattern& pattern) {
  Pattern parent = pattern;
  if (parent.ends_with_variable()) {
    parent.segments.pop_back();
    parent.variables.pop_back();
  }
  if (!parent.segments.empty()) parent.segments.pop_back();
  parent.text = absl::StrJoin(parent.segments, "/", [](std::string* out, const Pattern::Segment& segment) {
    absl::StrAppend(out, segment.variable ? "{" : "", segment.text, segment.variable ? "}" : "");
  });
  return parent;
}

std::string CollectionOf(const Pattern& pattern) {
  for (auto segment = pattern.segments.rbegin(); segment != pattern.segments.rend(); ++segment) {
    if (!segment->variable) return segment->text;
  }
  return "";
}

bool IsId(absl::string_view text) {
  if (text.empty() || text.size() > kMaxId || text == "-") return false;
  // Clients and proxies take these out of a path before it is sent on (RFC 3986, 5.2.4).
  if (text == "." || text == "..") return false;
  for (char c : text) {
    if (!absl::ascii_isalnum(c) && c != '.' && c != '_' && c != '~' && c != '-') return false;
  }
  return true;
}

std::optional<std::vector<absl::string_view>> ParseName(const Pattern& pattern, absl::string_view name,
                                                        Wildcard wildcard) {
  std::vector<absl::string_view> ids;
  ids.reserve(pattern.variables.size());
  for (size_t i = 0; i < pattern.segments.size(); ++i) {
    const bool last = i + 1 == pattern.segments.size();
    const size_t slash = name.find('/');
    if (last != (slash == absl::string_view::npos)) return std::nullopt;
    const absl::string_view part = name.substr(0, slash);
    name.remove_prefix(last ? name.size() : slash + 1);
    if (!pattern.segments[i].variable) {
      if (part != pattern.segments[i].text) return std::nullopt;
      continue;
    }
    if (!IsId(part) && !(wildcard == Wildcard::kAllowed && part == "-")) return std::nullopt;
    ids.push_back(part);
  }
  if (!name.empty()) return std::nullopt;
  return ids;
}

std::string BuildName(const Pattern& pattern, const std::vector<absl::string_view>& ids) { return Build(pattern, ids); }

std::string BuildName(const Pattern& pattern, const std::vector<std::string>& ids) { return Build(pattern, ids); }

}  // namespace edudelta::describe
