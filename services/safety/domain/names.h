#pragma once

#include "absl/strings/string_view.h"

namespace edudelta::safety::domain {

// "districts/{district}/schools/{school}" of a name below a school; empty for any other name.
absl::string_view SchoolOf(absl::string_view name);

}  // namespace edudelta::safety::domain
