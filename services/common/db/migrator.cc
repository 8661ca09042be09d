#include "common/db/migrator.h"

#include <openssl/evp.h>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/status.h"

namespace edudelta::db {
namespace {

constexpr char kCreateRecord[] =
    "CREATE TABLE IF NOT EXISTS `schema_migration` ("
    "`name` VARCHAR(190) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, `step` INT NOT NULL, `steps` INT NOT NULL, "
    "`checksum` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, `applied_time` DATETIME(6) NOT NULL, "
    "PRIMARY KEY (`name`, `step`)) ENGINE=InnoDB";
constexpr char kCreateLease[] =
    "CREATE TABLE IF NOT EXISTS `schema_migration_lease` (`id` TINYINT NOT NULL PRIMARY KEY, "
    "`node` VARCHAR(255) NOT NULL, `owner` CHAR(36) NOT NULL, `expire_time` DATETIME(6) NOT NULL) ENGINE=InnoDB";
constexpr char kNode[] = "CONCAT(@@hostname, ':', @@port)";
constexpr char kExpiry[] = "UTC_TIMESTAMP(6) + INTERVAL 10 MINUTE";

struct Applied {
  std::string checksum;
  int step = 0;
  int steps = 0;
};
using AppliedByName = std::map<std::string, Applied>;

std::string Checksum(const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  size_t size = 0;
  EVP_Q_digest(nullptr, "SHA256", nullptr, text.data(), text.size(), digest, &size);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size));
}

std::vector<std::string> Statements(const std::string& sql) {
  std::vector<std::string> statements;
  std::string current;
  const auto end = [&] {
    const absl::string_view statement = absl::StripAsciiWhitespace(current);
    if (!statement.empty()) statements.emplace_back(statement);
    current.clear();
  };
  for (absl::string_view line : absl::StrSplit(sql, '\n')) {
    line = absl::StripTrailingAsciiWhitespace(line);
    if (absl::StartsWith(line, "--")) continue;
    const bool last = absl::EndsWith(line, ";");
    if (last) line.remove_suffix(1);
    absl::StrAppend(&current, line, "\n");
    if (last) end();
  }
  end();
  return statements;
}

std::vector<Migration> Sorted(std::vector<Migration> migrations) {
  std::sort(migrations.begin(), migrations.end(),
            [](const Migration& a, const Migration& b) { return a.name < b.name; });
  return migrations;
}

absl::StatusOr<AppliedByName> ReadApplied(Session& session) {
  AppliedByName applied;
  ASSIGN_OR_RETURN(Rows tables, session.Query("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = "
                                              "DATABASE() AND table_name = 'schema_migration'"));
  tables.Next();
  if (tables.Int(0) == 0) return applied;
  ASSIGN_OR_RETURN(Rows rows, session.Query("SELECT `name`, MAX(`step`), MAX(`steps`), MAX(`checksum`) "
                                            "FROM `schema_migration` GROUP BY `name`"));
  while (rows.Next()) {
    applied[rows.Text(0)] = {rows.Text(3), static_cast<int>(rows.Int(1)), static_cast<int>(rows.Int(2))};
  }
  return applied;
}

// The names of what is missing, in order. Refuses what no migrator could put right.
absl::StatusOr<std::vector<Migration>> Pending(const AppliedByName& applied, const std::vector<Migration>& migrations) {
  std::vector<Migration> pending;
  for (const Migration& migration : migrations) {
    const auto found = applied.find(migration.name);
    if (found != applied.end() && found->second.checksum != Checksum(migration.sql)) {
      return Refused("MIGRATION_CHANGED", "已执行的数据库迁移文件被改动", {{"migration", migration.name}});
    }
    if (found == applied.end() || found->second.step < found->second.steps) pending.push_back(migration);
  }
  for (const auto& [name, step] : applied) {
    const bool known = std::any_of(migrations.begin(), migrations.end(),
                                   [&name = name](const Migration& migration) { return migration.name == name; });
    const bool newer = migrations.empty() || name > migrations.back().name;
    if (!known && (!newer || !pending.empty())) {
      return Refused("MIGRATION_UNKNOWN", "数据库中有本程序不认识的迁移", {{"migration", name}});
    }
  }
  return pending;
}

absl::Status Running() {
  return Error(absl::StatusCode::kUnavailable, "MIGRATION_RUNNING", "另一个数据库迁移正在进行");
}

// The named lock tells whether another migrator lives on this node; so a lease left by a dead one of the same node is
// taken at once, and one of another node only when it expires. `died`: its last holder has not given it back.
absl::Status TakeLease(Session& session, const std::string& owner, bool* died) {
  RETURN_IF_ERROR(session.Execute(kCreateLease).status());
  RETURN_IF_ERROR(session
                      .Execute(absl::StrCat("INSERT INTO `schema_migration_lease` SELECT 1, ", kNode,
                                            ", '', UTC_TIMESTAMP(6) FROM DUAL WHERE NOT EXISTS "
                                            "(SELECT 1 FROM `schema_migration_lease` WHERE `id` = 1)"))
                      .status());
  ASSIGN_OR_RETURN(Rows last, session.Query("SELECT `owner` <> '' FROM `schema_migration_lease` WHERE `id` = 1"));
  *died = last.Next() && last.Int(0) != 0;
  ASSIGN_OR_RETURN(int64_t taken, session.Execute(absl::StrCat("UPDATE `schema_migration_lease` SET `node` = ", kNode,
                                                               ", `owner` = ?, `expire_time` = ", kExpiry,
                                                               " WHERE `id` = 1 AND (`owner` = ? OR `node` = ", kNode,
                                                               " OR `expire_time` <= UTC_TIMESTAMP(6))"),
                                                  {owner, owner}));
  return taken == 1 ? absl::OkStatus() : Running();
}

absl::Status RenewLease(Session& session, const std::string& owner) {
  ASSIGN_OR_RETURN(int64_t renewed, session.Execute(absl::StrCat("UPDATE `schema_migration_lease` SET `expire_time` = ",
                                                                 kExpiry, " WHERE `id` = 1 AND `owner` = ?"),
                                                    {owner}));
  return renewed == 1 ? absl::OkStatus() : Running();
}

absl::Status WithStep(const absl::Status& status, const std::string& name, size_t step) {
  if (status.ok() || status.code() != absl::StatusCode::kInternal) return status;
  return Error(status.code(), "MIGRATION_FAILED", "数据库迁移执行出错",
               {{"migration", name}, {"step", absl::StrCat(step)}, {"cause", std::string(status.message())}});
}

// `perhaps_done`: a migrator died, between the first of these statements and its record for all that is known.
absl::Status Apply(Session& session, const Migration& migration, size_t done, const std::string& owner,
                   bool perhaps_done) {
  const std::vector<std::string> statements = Statements(migration.sql);
  const std::string checksum = Checksum(migration.sql);
  for (size_t step = done + 1; step <= statements.size(); ++step) {
    RETURN_IF_ERROR(RenewLease(session, owner));
    const absl::Status status = session.Execute(statements[step - 1]).status();
    const bool so = perhaps_done && step == done + 1 && ReasonOf(status) == "SCHEMA_ALREADY_SO";
    if (!so) RETURN_IF_ERROR(WithStep(status, migration.name, step));
    RETURN_IF_ERROR(
        session
            .Execute("INSERT INTO `schema_migration` (`name`, `step`, `steps`, `checksum`, `applied_time`) "
                     "VALUES (?, ?, ?, ?, UTC_TIMESTAMP(6))",
                     {migration.name, static_cast<int64_t>(step), static_cast<int64_t>(statements.size()), checksum})
            .status());
  }
  return absl::OkStatus();
}

absl::Status ApplyPending(Session& session, const std::vector<Migration>& migrations, const std::string& owner,
                          bool perhaps_done) {
  ASSIGN_OR_RETURN(AppliedByName applied, ReadApplied(session));
  ASSIGN_OR_RETURN(std::vector<Migration> pending, Pending(applied, migrations));
  for (const Migration& migration : pending) {
    RETURN_IF_ERROR(Apply(session, migration, applied[migration.name].step, owner, perhaps_done));
    perhaps_done = false;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Migrate(Session& session, const std::vector<Migration>& migrations) {
  const std::string owner = NewUuid();
  ASSIGN_OR_RETURN(Rows lock, session.Query("SELECT GET_LOCK(CONCAT('migrate:', LEFT(DATABASE(), 50)), 10)"));
  lock.Next();
  if (lock.Int(0) != 1) return Running();
  absl::Cleanup unlock = [&] {
    session
        .Execute("UPDATE `schema_migration_lease` SET `owner` = '', `expire_time` = UTC_TIMESTAMP(6) WHERE `owner` = ?",
                 {owner})
        .IgnoreError();
    session.Execute("DO RELEASE_LOCK(CONCAT('migrate:', LEFT(DATABASE(), 50)))").IgnoreError();
  };
  bool died = false;
  RETURN_IF_ERROR(TakeLease(session, owner, &died));
  RETURN_IF_ERROR(session.Execute(kCreateRecord).status());
  return ApplyPending(session, Sorted(migrations), owner, died);
}

absl::Status CheckMigrations(Session& session, const std::vector<Migration>& migrations) {
  ASSIGN_OR_RETURN(AppliedByName applied, ReadApplied(session));
  ASSIGN_OR_RETURN(std::vector<Migration> pending, Pending(applied, Sorted(migrations)));
  if (pending.empty()) return absl::OkStatus();
  return Refused("MIGRATION_PENDING", "数据库迁移尚未执行完", {{"migration", pending.front().name}});
}

std::vector<Migration> WithCommonMigrations(const std::vector<Migration>& own) {
  std::vector<Migration> all = CommonMigrations();
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

}  // namespace edudelta::db
