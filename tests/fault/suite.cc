#include "tests/fault/suite.h"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/describe/describe.h"
#include "common/rpc/client.h"
#include "common/testing/services.h"
#include "tests/fault/http.h"

namespace edudelta::fault {
namespace {

constexpr absl::Duration kReadyWithin = absl::Seconds(60);
constexpr absl::Duration kTokenLife = absl::Minutes(10);

const testing::ServiceProgram& ProgramOf(const std::string& service) {
  static const std::vector<testing::ServiceProgram> all = testing::ReadServices();
  for (const testing::ServiceProgram& one : all) {
    if (one.name == service) return one;
  }
  throw std::runtime_error(service + " is no service of this build");
}

void Must(const absl::Status& status) {
  if (!status.ok()) throw std::runtime_error(absl::StrCat(ReasonOf(status), ": ", std::string(status.message())));
}

template <typename T>
T Must(absl::StatusOr<T> value) {
  Must(value.status());
  return *std::move(value);
}

}  // namespace

Suite::Suite(const std::vector<std::string>& services) {
  const std::string key = folder_.path() + "/token.pem";
  Program maker(ProgramOf("exchange").path, {}, folder_.path() + "/key.log");
  if (maker.Run({"--generate-token-key", key}) != 0) throw std::runtime_error(maker.Log());
  std::ifstream pem(key);
  signer_ = std::make_unique<crypto::TokenSigner>(
      Must(crypto::TokenSigner::FromPem(std::string{std::istreambuf_iterator<char>(pem), {}})));
  for (const std::string& name : services) MakeService(name);
  for (const std::string& name : services) program(name).Start();
  MakeGateway(services);
}

std::string Suite::AddressOf(const std::string& service) const {
  return absl::StrCat("unix:", folder_.path(), "/", service, ".sock");
}

void Suite::MakeService(const std::string& name) {
  const std::string keys = absl::StrCat(folder_.path(), "/", name, ".fields.json");
  Must(crypto::FieldCipher::GenerateKeyFile(keys));
  db::Options schema = database_.OptionsFor(name);
  // An audit waits for what is still being written.
  schema.transaction_limit = kReadyWithin;
  std::vector<std::string> environment = {absl::StrCat("EDUDELTA_LISTEN_UNIX=", folder_.path(), "/", name, ".sock"),
                                          "EDUDELTA_DB_URL=" + schema.url, "EDUDELTA_FIELD_KEY_FILE=" + keys,
                                          "EDUDELTA_LOG_LEVEL=warning"};
  if (name == "exchange") environment.push_back(absl::StrCat("EDUDELTA_TOKEN_KEY_FILE=", folder_.path(), "/token.pem"));
  // Also where nobody listens.
  for (const std::string& peer : ProgramOf(name).peers)
    environment.push_back(absl::StrCat("EDUDELTA_", absl::AsciiStrToUpper(peer), "_ADDRESS=", AddressOf(peer)));
  programs_[name] =
      std::make_unique<Program>(ProgramOf(name).path, environment, absl::StrCat(folder_.path(), "/", name, ".log"));
  Service& service = services_[name];
  service.cipher = std::make_unique<crypto::FieldCipher>(Must(crypto::FieldCipher::FromFile(keys)));
  service.pool = Must(db::Pool::Create(schema, registry_));
  rpc::PeerOptions peer;
  peer.address = AddressOf(name);
  service.channel = Must(rpc::Connect(peer));
}

void Suite::MakeGateway(const std::vector<std::string>& services) {
  port_ = FreePort();
  std::vector<std::string> environment = {
      absl::StrCat("EDUDELTA_GATEWAY_LISTEN_ADDRESS=127.0.0.1:", port_), "EDUDELTA_GATEWAY_RATE_PER_SECOND=1000000",
      "EDUDELTA_GATEWAY_RATE_BURST=1000000", "EDUDELTA_GATEWAY_LOGINS_PER_SECOND=1000",
      "EDUDELTA_GATEWAY_LOG_LEVEL=warning"};
  for (const std::string& name : services)
    environment.push_back(absl::StrCat("EDUDELTA_", absl::AsciiStrToUpper(name), "_ADDRESS=", AddressOf(name)));
  programs_["gateway"] =
      std::make_unique<Program>(EDUDELTA_GATEWAY, environment, absl::StrCat(folder_.path(), "/gateway.log"));
  program("gateway").Start();
}

void Suite::Ask(const google::protobuf::MethodDescriptor& method, const call::v1::Caller& caller,
                const google::protobuf::Message& request, google::protobuf::Message* response) const {
  absl::Status status;
  Await(kReadyWithin, [&] {
    rpc::Context context(caller, absl::Now() + kReadyWithin, "");
    status = rpc::Invoke(*channel(describe::ServiceOf(method.file())), method, context, request, response);
    return !absl::IsUnavailable(status);
  });
  if (!status.ok()) throw std::runtime_error(absl::StrCat(method.name(), ": ", status.ToString(), "\n", Logs()));
}

std::string Suite::TokenOf(const std::string& principal) const {
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  return Must(
      signer_->Sign(absl::StrCat(R"({"iss":"edudelta","aud":"edudelta","sub":")", principal, R"(","jti":")", NewUuid(),
                                 R"(","iat":)", now, R"(,"exp":)", now + absl::ToInt64Seconds(kTokenLife), "}")));
}

std::string Suite::Logs() const {
  std::string text;
  for (const auto& [name, program] : programs_) absl::StrAppend(&text, "--- ", name, "\n", program->Log());
  return text;
}

call::v1::Caller User(const std::string& name, const std::vector<options::v1::Role>& roles, const std::string& prefix) {
  call::v1::Caller caller;
  caller.set_principal(name);
  caller.set_organization(name.substr(0, name.find("/users/")));
  caller.set_kind(call::v1::Caller::KIND_USER);
  for (const options::v1::Role role : roles) {
    auto* binding = caller.add_bindings();
    binding->set_role(role);
    binding->set_prefix(prefix);
  }
  return caller;
}

call::v1::Caller Administrator() {
  return User("organizations/operator/users/admin", {options::v1::ROLE_ADMINISTRATOR}, "*");
}

const google::protobuf::MethodDescriptor& MethodOf(const google::protobuf::Descriptor* resource, const char* method) {
  return *describe::OwnerOf(resource)->FindMethodByName(method);
}

}  // namespace edudelta::fault
