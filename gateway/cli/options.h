#pragma once

#include <functional>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "gateway/cli/session.h"

namespace edudelta::gateway::cli {

// What the chosen command does; set while the arguments are read.
using Action = std::function<absl::Status(Session&)>;

// Each adds its commands to `app`. Options live as long as `app`; `action` must outlive it.
void AddAccountCommands(CLI::App& app, Action* action);
void AddResourceCommands(CLI::App& app, Action* action);
void AddRegionCommands(CLI::App& app, Action* action);

// A command that fills a T by its options and runs `run` on it.
template <typename T>
std::shared_ptr<T> AddCommand(CLI::App* command, Action* action, absl::Status (*run)(Session&, const T&)) {
  auto options = std::make_shared<T>();
  command->callback(
      [options, action, run] { *action = [options, run](Session& session) { return run(session, *options); }; });
  return options;
}

}  // namespace edudelta::gateway::cli
