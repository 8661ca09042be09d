#include "common/service/testing.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace edudelta::service {
namespace {

void MigrateSchema(const Definition& definition, const db::Options& schema) {
  metrics::Registry metrics;
  auto pool = db::Pool::Create(schema, metrics);
  Must(pool.status());
  Must(Migrate(definition, **pool));
}

}  // namespace

void Must(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "set-up: %s %s\n", status.ToString().c_str(), ReasonOf(status).c_str());
  std::abort();
}

std::string TestFolder(const std::string& name) {
  std::string folder = absl::StrCat("/tmp/", name, ".XXXXXX");
  if (mkdtemp(folder.data()) == nullptr) std::abort();
  return folder;
}

call::v1::Caller UserOf(const std::string& organization, const std::string& user, options::v1::Role role,
                        const std::string& prefix) {
  call::v1::Caller caller;
  caller.set_kind(call::v1::Caller::KIND_USER);
  caller.set_organization(absl::StrCat("organizations/", organization));
  caller.set_principal(absl::StrCat("organizations/", organization, "/users/", user));
  auto* binding = caller.add_bindings();
  binding->set_role(role);
  binding->set_prefix(prefix);
  return caller;
}

TestServer::TestServer(Definition definition, testing::Database& database, const db::Options* schema,
                       std::string folder)
    : definition_(std::move(definition)), schema_(schema != nullptr ? *schema : database.CreateSchema()) {
  if (schema == nullptr) MigrateSchema(definition_, schema_);
  if (folder.empty()) folder = TestFolder(definition_.name);
  config::Common config;
  config.listen_unix = folder + "/s.sock";
  config.db_url = schema_.url;
  config.db_password = schema_.password;
  config.field_key_file = folder + "/keys.json";
  config.log_level = "error";
  config.drain_limit = absl::Seconds(5);
  config.connections = 10;
  Must(crypto::FieldCipher::GenerateKeyFile(config.field_key_file));
  std::map<std::string, std::string> peers;
  for (const std::string& peer : PeersOf(definition_.name))
    peers[peer] = absl::StrCat("unix:", folder, "/", peer, ".sock");
  runtime_ = std::make_unique<Runtime>(definition_, config, peers);
  Must(runtime_->Build(true));
  serving_ = std::thread([this] { Must(runtime_->Serve([this] { stop_.WaitForNotification(); })); });
  auto connected = rpc::Connect({.address = "unix:" + config.listen_unix});
  Must(connected.status());
  channel_ = *std::move(connected);
  if (!channel_->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(20))) std::abort();
}

TestServer::~TestServer() {
  stop_.Notify();
  serving_.join();
}

const google::protobuf::MethodDescriptor& TestServer::Method(const std::string& name) const {
  const auto* method = runtime_->descriptor().FindMethodByName(name);
  if (method == nullptr) Must(absl::InvalidArgumentError(absl::StrCat("no method ", name)));
  return *method;
}

absl::Status TestServer::Call(const call::v1::Caller& caller, const std::string& method,
                              const google::protobuf::Message& request, google::protobuf::Message* response) {
  const auto& found = Method(method);
  if (found.input_type() != request.GetDescriptor() || found.output_type() != response->GetDescriptor()) {
    Must(absl::InvalidArgumentError(absl::StrCat("other types than those of ", method)));
  }
  rpc::Context context(caller, absl::Now() + absl::Seconds(20), "");
  return rpc::Invoke(*channel_, found, context, request, response);
}

std::string TestServer::Ask(const std::string& sql) {
  auto answer = testing::Ask(runtime_->pool(), sql);
  Must(answer.status());
  return *std::move(answer);
}

absl::Status TestServer::Execute(const std::string& sql) {
  return runtime_->pool().Read(absl::Now() + absl::Seconds(20),
                               [&](db::Session& session) { return session.Execute(sql).status(); });
}

}  // namespace edudelta::service
