#pragma once

#include <string>
#include <vector>

#include "common/resource/engine.h"

namespace edudelta::service {

// The tables, the statements and, if it has steps, the statements of these, of one resource: each a text with <table>,
// <keys> and <columns> for what its pattern and its columns say. Resources of the same shape have the same text.
std::vector<std::string> SqlShapes(const resource::Engine& engine);

}  // namespace edudelta::service
