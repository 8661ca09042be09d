#include "common/db/migrator.h"

#include <openssl/evp.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/base/status.h"

namespace edudelta::db {
namespace {

constexpr char kCreateRecord[] =
    "CREATE TABLE IF NOT EXISTS `schema_migration` ("
    "`name` VARCHAR(190) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, `step` INT NOT NULL, `steps` INT NOT NULL, "
    "`checksum` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, `applied_time` DATETIME(6) NOT NULL, "
    "PRIMARY KEY (`name`, `step`)) ENGINE=InnoDB";
// A backfill waits for the clerks, whose transactions end within seconds, and for what else holds a table.
constexpr absl::Duration kLockWait = absl::Minutes(10);

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

// The statement was refused as a whole, as against one that may have been carried out unseen.
bool IsRefusal(const absl::Status& status) {
  return absl::IsInternal(status) || absl::IsAborted(status) || absl::IsAlreadyExists(status);
}

absl::Status WithStep(const absl::Status& status, const std::string& name, size_t step) {
  if (!IsRefusal(status)) return status;
  return Error(status.code(), "MIGRATION_FAILED", "数据库迁移执行出错",
               {{"migration", name}, {"step", absl::StrCat(step)}, {"cause", std::string(status.message())}});
}

absl::Status Execute(Pool& pool, const std::string& statement) {
  const auto execute = [&] {
    return pool.Read(absl::InfiniteFuture(), [&](Session& session) { return session.Execute(statement).status(); });
  };
  const absl::Status status = execute();
  return absl::IsAborted(status) ? execute() : status;
}

// Only the lease's holder records: another one may have begun with the same step.
absl::Status Record(Pool& pool, const std::string& owner, const std::string& name, size_t step, size_t steps,
                    const std::string& checksum) {
  return pool.Read(absl::InfiniteFuture(), [&](Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(int64_t recorded,
                     session.Execute("INSERT INTO `schema_migration` (`name`, `step`, `steps`, `checksum`, "
                                     "`applied_time`) SELECT ?, ?, ?, ?, UTC_TIMESTAMP(6) FROM "
                                     "`schema_migration_lease` WHERE `id` = 1 AND `owner` = ?",
                                     {name, static_cast<int64_t>(step), static_cast<int64_t>(steps), checksum, owner}));
    return recorded == 1 ? absl::OkStatus() : MigrationRunning();
  });
}

// `perhaps_done`: a migrator died, between the first of these statements and its record for all that is known.
// `settled` is false while this one may be in that place.
absl::Status Apply(Pool& pool, MigrationLease& lease, const Migration& migration, size_t done, bool perhaps_done,
                   bool& settled) {
  const std::vector<std::string> statements = Statements(migration.sql);
  const std::string checksum = Checksum(migration.sql);
  for (size_t step = done + 1; step <= statements.size(); ++step) {
    RETURN_IF_ERROR(lease.Renew());
    settled = false;
    const absl::Status status = Execute(pool, statements[step - 1]);
    const bool repeated = perhaps_done && step == done + 1;
    settled = IsRefusal(status) && !repeated;
    if (!repeated || ReasonOf(status) != "SCHEMA_ALREADY_SO") RETURN_IF_ERROR(WithStep(status, migration.name, step));
    settled = false;
    RETURN_IF_ERROR(Record(pool, lease.owner(), migration.name, step, statements.size(), checksum));
    settled = true;
  }
  return absl::OkStatus();
}

absl::Status ApplyPending(Pool& pool, MigrationLease& lease, const std::vector<Migration>& migrations, bool& settled) {
  AppliedByName applied;
  RETURN_IF_ERROR(pool.Read(absl::InfiniteFuture(), [&](Session& session) -> absl::Status {
    RETURN_IF_ERROR(session.Execute(kCreateRecord).status());
    ASSIGN_OR_RETURN(applied, ReadApplied(session));
    return absl::OkStatus();
  }));
  ASSIGN_OR_RETURN(std::vector<Migration> pending, Pending(applied, migrations));
  bool perhaps_done = lease.died_before();
  for (const Migration& migration : pending) {
    RETURN_IF_ERROR(Apply(pool, lease, migration, applied[migration.name].step, perhaps_done, settled));
    perhaps_done = false;
  }
  return absl::OkStatus();
}

}  // namespace

Options ForMigrations(Options options) {
  options.connections = 2;
  options.transaction_limit = absl::InfiniteDuration();
  options.network_timeout = absl::InfiniteDuration();
  options.lock_wait = kLockWait;
  return options;
}

absl::Status Migrate(Pool& pool, const std::vector<Migration>& migrations, const LeaseTimes& times) {
  return pool.Read(absl::InfiniteFuture(), [&](Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const std::unique_ptr<MigrationLease> lease, MigrationLease::Take(pool, session, times));
    // What the holder before left open stays so until its statement has its record.
    bool settled = !lease->died_before();
    const absl::Status status = ApplyPending(pool, *lease, Sorted(migrations), settled);
    lease->GiveBack(status.ok() || settled);
    return status;
  });
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
