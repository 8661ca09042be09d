#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/base/probe.h"

namespace edudelta::rpc {

// Of grpc.health.v1: the method, and HealthCheckResponse{status: SERVING} as bytes.
inline constexpr char kHealthCheck[] = "/grpc.health.v1.Health/Check";
inline constexpr char kServing[] = "\x08\x01";

// Asks a server of this machine ("unix:..." or loopback) by grpc.health.v1, once. Blocks, not for long. UNAVAILABLE
// with what is wrong.
absl::Status AskHealth(const std::string& address, Health health);

}  // namespace edudelta::rpc
