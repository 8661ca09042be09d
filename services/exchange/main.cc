#include <cstdio>
#include <string>

#include "common/base/error.h"
#include "exchange/api/definition.h"

// Beside the switches of every service:
//   --generate-token-key FILE   a new key for access tokens; needs neither database nor environment
//   --bootstrap-admin FILE      the first administrator, with the password in FILE
int main(int argc, char** argv) {
  namespace api = edudelta::exchange::api;
  if (argc == 3 && std::string(argv[1]) == "--generate-token-key") {
    const absl::Status status = api::GenerateTokenKey(argv[2]);
    if (status.ok()) return 0;
    std::fprintf(stderr, "exchange: %s\n", edudelta::ReasonOf(status).c_str());
    return 1;
  }
  api::Parts parts;
  const auto definition = api::MakeDefinition(parts, argc > 1 ? api::Key::kOptional : api::Key::kRequired);
  return edudelta::service::Run(argc, argv, definition);
}
