#include "safety/api/testing.h"

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/outbox/ref_school.h"
#include "safety/api/definition.h"

namespace edudelta::safety::api {
namespace {

absl::Time Soon() { return absl::Now() + absl::Seconds(20); }

void Must(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "set-up: %s %s\n", status.ToString().c_str(), ReasonOf(status).c_str());
  std::abort();
}

call::v1::Caller User(const std::string& user, options::v1::Role role, const std::string& prefix) {
  call::v1::Caller caller;
  caller.set_kind(call::v1::Caller::KIND_USER);
  caller.set_organization("organizations/yuquan");
  caller.set_principal(absl::StrCat("organizations/yuquan/users/", user));
  auto* binding = caller.add_bindings();
  binding->set_role(role);
  binding->set_prefix(prefix);
  return caller;
}

}  // namespace

TestNode::TestNode() : definition_(MakeDefinition()) {
  const db::Options schema = testing::Database::Shared().CreateSchema();
  std::string folder = "/tmp/safety.XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) std::abort();
  config::Common config;
  config.listen_unix = folder + "/s.sock";
  config.db_url = schema.url;
  config.db_password = schema.password;
  config.field_key_file = folder + "/keys.json";
  config.log_level = "error";
  config.drain_limit = absl::Seconds(5);
  config.connections = 10;
  Must(crypto::FieldCipher::GenerateKeyFile(config.field_key_file));
  std::vector<db::Migration> migrations = definition_.migrations;
  const auto& schools = outbox::RefSchoolMigrations();
  migrations.insert(migrations.end(), schools.begin(), schools.end());
  metrics::Registry metrics;
  auto pool = db::Pool::Create(schema, metrics);
  Must(pool.status());
  Must((*pool)->Read(Soon(), [&](db::Session& session) {
    return db::Migrate(session, db::WithCommonMigrations(migrations));
  }));
  // Nobody listens there: the schools are what the tests put in.
  runtime_ = std::make_unique<service::Runtime>(
      definition_, config, std::map<std::string, std::string>{{"planning", "unix:" + folder + "/planning.sock"}});
  Must(runtime_->Build(true));
  serving_ = std::thread([this] { Must(runtime_->Serve([this] { stop_.WaitForNotification(); })); });
  auto channel = rpc::Connect({.address = "unix:" + config.listen_unix});
  Must(channel.status());
  if (!(*channel)->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(20))) std::abort();
  stub_ = v1::SafetyService::NewStub(*channel);
  Run(absl::StrCat("INSERT INTO ref_school VALUES ('", kSchool, "', '150104', '一小', '211', 1, NOW(6))"));
}

TestNode::~TestNode() {
  stop_.Notify();
  serving_.join();
}

void TestNode::Run(const std::string& sql) {
  Must(runtime_->pool().Read(Soon(), [&](db::Session& session) { return session.Execute(sql).status(); }));
}

std::string TestNode::Ask(const std::string& sql) {
  std::string answer;
  Must(runtime_->pool().Read(Soon(), [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(db::Rows rows, session.Query(sql));
    answer = rows.Next() ? rows.Text(0) : "";
    return absl::OkStatus();
  }));
  return answer;
}

call::v1::Caller TestNode::Officer(const std::string& user, const std::string& prefix) {
  return User(user, options::v1::ROLE_SAFETY_OFFICER, prefix);
}

call::v1::Caller TestNode::SchoolClerk() { return User("clerk", options::v1::ROLE_SCHOOL_CLERK, kSchool); }

}  // namespace edudelta::safety::api
