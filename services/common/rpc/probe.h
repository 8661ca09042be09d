#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/base/probe.h"

namespace edudelta::rpc {

// Asks a server of this machine ("unix:..." or loopback) by grpc.health.v1, once. Blocks, not for long. UNAVAILABLE
// with what is wrong.
absl::Status AskHealth(const std::string& address, Health health);

}  // namespace edudelta::rpc
