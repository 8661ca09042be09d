#pragma once

#include "absl/status/status.h"
#include "gateway/cli/session.h"

namespace edudelta::gateway::cli {

absl::Status SignInNow(Session& session);
absl::Status SignOut(Session& session);
absl::Status WhoAmI(Session& session);
// GET /status until it says yes or `wait_seconds` are over. Exit::kServer while the server says no.
absl::Status ShowStatus(Session& session, int wait_seconds);

}  // namespace edudelta::gateway::cli
