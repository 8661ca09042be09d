#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"

namespace edudelta::gateway::cli {

// Checks of arguments whose refusals are Chinese: "应是 …，给出的是 x".
CLI::Validator IntegerIn(int64_t low, int64_t high);
CLI::Validator OneOf(std::vector<std::string> values);
// Six digits.
CLI::Validator DistrictCode();

}  // namespace edudelta::gateway::cli
