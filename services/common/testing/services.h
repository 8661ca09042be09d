#pragma once

#include <string>
#include <vector>

namespace edudelta::testing {

// A service as the build's services.json has it.
struct ServiceProgram {
  // "planning"
  std::string name;
  std::string path;
  // Services that it asks or follows: it needs their addresses.
  std::vector<std::string> peers;
};

// Every service of this build, in the order of EDUDELTA_SERVICES. Throws when the build has not made the file.
std::vector<ServiceProgram> ReadServices();

}  // namespace edudelta::testing
