#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace edudelta::gateway::routes {

// "%20" to " "; a plus stays a plus. False on a broken escape or a NUL.
bool DecodePercent(absl::string_view text, std::string* out);

using Query = std::vector<std::pair<std::string, std::string>>;

// "a=1&b=x%20y+z" in order, repeated names kept. INVALID_ARGUMENT, reason QUERY_INVALID: a broken escape, invalid
// UTF-8.
absl::StatusOr<Query> ParseQuery(absl::string_view text);

}  // namespace edudelta::gateway::routes
