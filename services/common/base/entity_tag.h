#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace edudelta {

// RFC 9110, 8.8.3.
struct EntityTag {
  bool weak = false;
  // With its quotes.
  std::string text;
};

// `"a", W/"b"`: at least one; nothing when it is anything else, "*" too.
std::optional<std::vector<EntityTag>> ParseEntityTags(absl::string_view list);

// Whether one of `list` is `tag`, which is strong. Strongly, weak ones never are: before a write they say too little.
bool MatchesStrongly(const std::vector<EntityTag>& list, absl::string_view tag);
bool MatchesWeakly(const std::vector<EntityTag>& list, absl::string_view tag);

}  // namespace edudelta
