#include "common/testing/services.h"

#include <fstream>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace edudelta::testing {

std::vector<ServiceProgram> ReadServices() {
  const std::string folder = EDUDELTA_BUILD_DIR;
  std::ifstream file(folder + "/services.json");
  if (!file) throw std::runtime_error(absl::StrCat(folder, "/services.json is not built"));
  std::vector<ServiceProgram> services;
  for (const auto& one : nlohmann::json::parse(file))
    services.push_back({one.at("name"), absl::StrCat(folder, "/", std::string(one.at("program"))), one.at("peers")});
  return services;
}

}  // namespace edudelta::testing
