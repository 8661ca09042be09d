#pragma once

#include <set>
#include <string>

#include "absl/status/status.h"

namespace edudelta::service {

// What the service declares of others is right; see describe::CheckAsks and FollowedBy.
absl::Status CheckDeclarations(const std::string& service);

// The services whose datasets this one follows by its declarations; none when those are wrong.
std::set<std::string> SourcesOf(const std::string& service);

}  // namespace edudelta::service
