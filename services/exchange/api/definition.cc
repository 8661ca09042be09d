#include "exchange/api/definition.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "common/base/error.h"
#include "common/base/status.h"
#include "edudelta/exchange/v1/agreement.pb.h"
#include "edudelta/exchange/v1/client.pb.h"
#include "edudelta/exchange/v1/organization.pb.h"
#include "edudelta/exchange/v1/user.pb.h"
#include "exchange/api/expiry.h"
#include "exchange/api/methods.h"
#include "exchange/api/rules.h"

namespace edudelta::exchange {

const std::vector<db::Migration>& Migrations();

namespace api {
namespace {

void ReadKey(config::Reader& reader, Key key, Settings* settings) {
  reader.String("EDUDELTA_TOKEN_ISSUER", &settings->token_issuer);
  reader.String("EDUDELTA_TOKEN_AUDIENCE", &settings->token_audience);
  std::string pem;
  reader.SecretFile("EDUDELTA_TOKEN_KEY_FILE", &pem,
                    key == Key::kRequired ? config::Need::kRequired : config::Need::kOptional);
  if (pem.empty()) return;
  auto signer = crypto::TokenSigner::FromPem(pem);
  if (!signer.ok()) return reader.Problem("EDUDELTA_TOKEN_KEY_FILE: not a PKCS #8 key on P-256");
  settings->signer = std::make_shared<const crypto::TokenSigner>(*std::move(signer));
}

// The hub and the sweeper; ends both, and with them the policy streams, when the service begins to drain.
struct Background {
  explicit Background(service::Runtime& runtime, PolicyHub& hub) : hub(hub), expiry(runtime) { hub.Start(runtime); }
  ~Background() { hub.Stop(); }
  PolicyHub& hub;
  Expiry expiry;
};

}  // namespace

service::Definition MakeDefinition(Parts& parts, Key key) {
  service::Definition definition;
  definition.name = "exchange";
  PolicyHub& hub = parts.hub;
  definition.rules = {
      {v1::Organization::descriptor(), [&hub](service::Runtime& runtime) { return OrganizationRules(runtime, hub); }},
      {v1::Client::descriptor(), [&hub](service::Runtime& runtime) { return ClientRules(runtime, hub); }},
      {v1::User::descriptor(), [&hub](service::Runtime& runtime) { return UserRules(runtime, hub); }},
      {v1::Agreement::descriptor(), [&hub](service::Runtime& runtime) { return AgreementRules(runtime, hub); }},
  };
  definition.migrations = Migrations();
  definition.read_config = [&parts, key](config::Reader& reader) { ReadKey(reader, key, &parts.settings); };
  definition.run_command = [](service::Runtime& runtime, const std::string& flag, const std::string& argument) {
    if (flag == "--bootstrap-admin" && !argument.empty()) return BootstrapAdmin(runtime, argument);
    return Error(absl::StatusCode::kInvalidArgument, "COMMAND_UNKNOWN", "没有这个命令");
  };
  definition.serve = [&parts](service::Runtime& runtime, rpc::DescribedService& api) {
    ServeCustom(runtime, parts.settings, parts.hub, api);
  };
  definition.background = [&hub](service::Runtime& runtime) { return std::make_shared<Background>(runtime, hub); };
  return definition;
}

absl::Status GenerateTokenKey(const std::string& path) {
  ASSIGN_OR_RETURN(crypto::TokenSigner signer, crypto::TokenSigner::Generate());
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST) {
    return Error(absl::StatusCode::kAlreadyExists, "TOKEN_KEY_EXISTS", "令牌密钥文件已经存在，不能覆盖");
  }
  if (file < 0) return Refused("TOKEN_KEY_UNWRITABLE", "不能写令牌密钥文件");
  const std::string& text = signer.private_pem();
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
  if (close(file) == 0 && written) return absl::OkStatus();
  unlink(path.c_str());
  return Refused("TOKEN_KEY_UNWRITABLE", "不能写令牌密钥文件");
}

}  // namespace api
}  // namespace edudelta::exchange
