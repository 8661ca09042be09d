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

// Whether one of `list` is `tag`, as a precondition for a write is: weak ones never are.
bool MatchesStrongly(const std::vector<EntityTag>& list, absl::string_view tag);

}  // namespace edudelta
