#pragma once

#include <string>

#include "absl/status/status.h"

namespace edudelta::gateway::http {

// GETs `path` of a server of this machine ("0.0.0.0:9464" by loopback) in plain text, once, and looks whether the
// answer is 200. Blocks, not for long. INVALID_ARGUMENT for an address without a port, else UNAVAILABLE with what is
// wrong.
absl::Status Get(const std::string& address, const std::string& path);

}  // namespace edudelta::gateway::http
