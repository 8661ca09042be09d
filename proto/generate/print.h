#pragma once

#include <string>

#include "proto/generate/declarations.h"

namespace edudelta::generate {

// The text of `<service>.proto`.
std::string Print(const Package& package);

}  // namespace edudelta::generate
