#include "common/testing/database.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/testing/template.h"

namespace edudelta::testing {
namespace {

constexpr absl::Duration kStartsWithin = absl::Seconds(60);
constexpr char kPrefix[] = "edudelta-db-";

std::string ReadEnd(const std::string& file) {
  std::ifstream stream(file);
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  return text.size() > 2000 ? text.substr(text.size() - 2000) : text;
}

[[noreturn]] void Fail(const std::string& what, const std::string& log) {
  throw std::runtime_error(absl::StrCat(what, "\n", ReadEnd(log)));
}

// Folders carry the number of the process that made them.
void RemoveLeftovers(const std::filesystem::path& where) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(where, error)) {
    const std::string name = entry.path().filename();
    if (!absl::StartsWith(name, kPrefix)) continue;
    const std::vector<std::string> parts = absl::StrSplit(name, '-');
    int pid = 0;
    if (parts.size() < 4 || !absl::SimpleAtoi(parts[2], &pid)) continue;
    std::error_code ignored;
    if (kill(pid, 0) != 0 && errno == ESRCH) std::filesystem::remove_all(entry.path(), ignored);
  }
}

std::string MakeFolder(const Account& account) {
  const char* where = getenv("TMPDIR");
  const std::string parent = where == nullptr ? "/tmp" : where;
  RemoveLeftovers(parent);
  std::string folder = absl::StrCat(parent, "/", kPrefix, getpid(), "-XXXXXX");
  if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("mkdtemp " + folder);
  account.Give(folder);
  return folder;
}

void Initialise(const Account& account, const std::string& folder) {
  const std::string log = folder + "/install.log";
  ServerProcess install;
  install.Start(account,
                {"mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db",
                 "--skip-name-resolve", absl::StrCat("--datadir=", folder, "/data"), absl::StrCat("--tmpdir=", folder),
                 "--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M"},
                log);
  if (install.End(0) != 0) Fail("mariadb-install-db failed", log);
}

std::vector<std::string> ServerCommand(const std::string& folder, const std::string& socket, bool durable) {
  // The table caches as deploy/database.sh has them.
  std::vector<std::string> command = {"mariadbd",
                                      "--no-defaults",
                                      absl::StrCat("--datadir=", folder, "/data"),
                                      absl::StrCat("--socket=", socket),
                                      absl::StrCat("--pid-file=", folder, "/pid"),
                                      absl::StrCat("--tmpdir=", folder),
                                      "--skip-networking",
                                      "--skip-name-resolve",
                                      "--skip-log-bin",
                                      "--performance-schema=OFF",
                                      "--max-connections=200",
                                      "--max-allowed-packet=64M",
                                      "--table-definition-cache=2000",
                                      "--table-open-cache=4000",
                                      "--character-set-server=utf8mb4",
                                      "--collation-server=utf8mb4_bin",
                                      "--innodb-buffer-pool-size=64M",
                                      "--innodb-log-file-size=8M",
                                      "--innodb-buffer-pool-load-at-startup=OFF",
                                      "--innodb-buffer-pool-dump-at-shutdown=OFF",
                                      "--innodb-fast-shutdown=2"};
  if (durable) {
    command.push_back("--innodb-flush-log-at-trx-commit=1");
  } else {
    command.insert(command.end(),
                   {"--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--innodb-flush-method=nosync"});
  }
  return command;
}

}  // namespace

Database& Database::Shared() {
  static Database shared;
  return shared;
}

Database::Database() : Database(Settings{}) {}

Database::Database(const Settings& settings) : settings_(settings) {
  // Debian keeps the server out of the PATH of ordinary users.
  setenv("PATH", absl::StrCat(getenv("PATH"), ":/usr/sbin").c_str(), 1);
  const Account account = Account::ForServers();
  folder_ = MakeFolder(account);
  socket_ = folder_ + "/socket";
  db::Options options = OptionsFor("mysql");
  options.connections = 2;
  auto pool = db::Pool::Create(options, registry_);
  if (!pool.ok()) throw std::runtime_error(pool.status().ToString());
  pool_ = *std::move(pool);
  MakeData();
  Start();
}

Database::~Database() {
  pool_.reset();
  process_.End(SIGKILL);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

db::Options Database::OptionsFor(const std::string& schema) const {
  db::Options options;
  options.url = absl::StrCat("mysql://root@localhost/", schema, "?socket=", socket_);
  return options;
}

absl::Status Database::Run(const std::string& sql) {
  return pool_->Read(absl::Now() + kStartsWithin, [&](db::Session& session) { return session.Execute(sql).status(); });
}

// From the kept directories, the fuller one made of the empty one.
void Database::MakeData() {
  const std::string data = folder_ + "/data", log = folder_ + "/install.log";
  const std::string server = FingerprintOf("mariadbd");
  const auto empty = [&] {
    CopyTemplate({"empty", server}, data, log, [&] { Initialise(Account::ForServers(), folder_); });
  };
  const Filling& filling = settings_.filling;
  if (filling.kind.empty()) return empty();
  CopyTemplate({filling.kind, KeyOf(server + filling.key)}, data, log, [&] {
    empty();
    Launch(false);
    filling.fill(*this);
    // Nothing is left to be recovered by each copy.
    const absl::Status whole = Run("SET GLOBAL innodb_fast_shutdown = 1");
    if (!whole.ok() || process_.End(SIGTERM) != 0) Fail("mariadbd did not stop", folder_ + "/server.log");
  });
}

db::Options Database::CreateSchema() { return CreateSchema(absl::StrCat("test_", ++schemas_)); }

db::Options Database::CreateSchema(const std::string& name) {
  const absl::Status created = Run(absl::StrCat("CREATE DATABASE `", name, "`"));
  if (!created.ok()) throw std::runtime_error(created.ToString());
  return OptionsFor(name);
}

void Database::Start() { Launch(settings_.durable); }

void Database::Launch(bool durable) {
  const std::string log = folder_ + "/server.log";
  process_.Start(Account::ForServers(), ServerCommand(folder_, socket_, durable), log);
  const absl::Time until = absl::Now() + kStartsWithin;
  while (!pool_->Ping(until).ok()) {
    if (!process_.Running() || absl::Now() > until) Fail("mariadbd did not start", log);
    absl::SleepFor(absl::Milliseconds(10));
  }
}

void Database::Stop() { process_.End(SIGTERM); }

void Database::Kill() { process_.End(SIGKILL); }

void Database::Freeze() { process_.Freeze(); }

void Database::Thaw() { process_.Thaw(); }

}  // namespace edudelta::testing
