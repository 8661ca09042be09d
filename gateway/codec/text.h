#pragma once

#include "absl/strings/string_view.h"

namespace edudelta::gateway::codec {

bool IsUtf8(absl::string_view text);

}  // namespace edudelta::gateway::codec
