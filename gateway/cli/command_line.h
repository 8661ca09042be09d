#pragma once

#include "gateway/cli/options.h"

namespace edudelta::gateway::cli {

// Gives `app` every command and option, and Chinese help. `globals` and `action` must outlive it.
void AddCommandLine(CLI::App& app, Globals* globals, Action* action);

}  // namespace edudelta::gateway::cli
