#include "common/testing/migrated.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <list>
#include <stdexcept>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/crypto/field_cipher.h"
#include "common/crypto/token.h"
#include "common/testing/server_process.h"
#include "common/testing/services.h"
#include "common/testing/template.h"

namespace edudelta::testing {
namespace {

// A program reads its whole configuration, whatever it is to do. None of it ends up in the database.
class Configuration {
 public:
  Configuration() {
    if (mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("mkdtemp " + folder_);
    if (!crypto::FieldCipher::GenerateKeyFile(folder_ + "/fields.json").ok()) throw std::runtime_error("fields.json");
    std::ofstream(folder_ + "/token.pem") << crypto::TokenSigner::Generate()->private_pem();
    std::filesystem::permissions(folder_ + "/token.pem",
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  ~Configuration() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::vector<std::string> Migrate(const ServiceProgram& service, const std::string& url) const {
    std::vector<std::string> command = {"env",
                                        "-i",
                                        absl::StrCat("EDUDELTA_LISTEN_UNIX=", folder_, "/unused.sock"),
                                        "EDUDELTA_DB_URL=" + url,
                                        "EDUDELTA_DB_DDL_URL=" + url,
                                        absl::StrCat("EDUDELTA_FIELD_KEY_FILE=", folder_, "/fields.json")};
    if (service.name == "exchange") command.push_back(absl::StrCat("EDUDELTA_TOKEN_KEY_FILE=", folder_, "/token.pem"));
    command.insert(command.end(), {service.path, "--migrate"});
    return command;
  }
  std::string log() const { return folder_ + "/log"; }

 private:
  std::string folder_ = "/tmp/edudelta-migrate-XXXXXX";
};

void MigrateAll(Database& database) {
  const Configuration configuration;
  const Account own{.uid = geteuid(), .gid = getegid()};
  std::list<ServerProcess> programs;
  for (const ServiceProgram& service : ReadServices()) {
    const db::Options options = database.CreateSchema(service.name);
    programs.emplace_back().Start(own, configuration.Migrate(service, options.url), configuration.log());
  }
  bool all = true;
  for (ServerProcess& program : programs) all = program.End(0) == 0 && all;
  if (all) return;
  std::ifstream log(configuration.log());
  throw std::runtime_error("--migrate failed\n" + std::string{std::istreambuf_iterator<char>(log), {}});
}

}  // namespace

Database::Settings WithServices(bool durable) {
  Database::Settings settings{.durable = durable};
  settings.filling.kind = "services";
  for (const ServiceProgram& service : ReadServices())
    absl::StrAppend(&settings.filling.key, FingerprintOf(service.path));
  settings.filling.fill = MigrateAll;
  return settings;
}

}  // namespace edudelta::testing
