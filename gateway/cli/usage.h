#pragma once

#include <string>

#include "CLI/CLI.hpp"

namespace edudelta::gateway::cli {

// What is wrong with the arguments that `app` refused, as a Chinese sentence without a full stop: names the unknown
// word, with the command or option that was probably meant, and the help to read.
std::string UsageText(const CLI::App& app, const CLI::ParseError& error);

}  // namespace edudelta::gateway::cli
