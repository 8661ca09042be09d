#pragma once

#include "absl/strings/string_view.h"

namespace edudelta::gateway::codec {

bool IsUtf8(absl::string_view text);

// Whether there is a backslash with a u behind it.
bool HasUnicodeEscape(absl::string_view json);

}  // namespace edudelta::gateway::codec
