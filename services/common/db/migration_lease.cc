#include "common/db/migration_lease.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/status.h"

namespace edudelta::db {
namespace {

constexpr char kCreate[] =
    "CREATE TABLE IF NOT EXISTS `schema_migration_lease` (`id` TINYINT NOT NULL PRIMARY KEY, "
    "`node` VARCHAR(255) NOT NULL, `owner` CHAR(36) NOT NULL, `expire_time` DATETIME(6) NOT NULL) ENGINE=InnoDB";
constexpr char kNode[] = "CONCAT(@@hostname, ':', @@port)";
constexpr char kLockName[] = "CONCAT('migrate:', LEFT(DATABASE(), 50))";
constexpr absl::Duration kGiveBackWithin = absl::Seconds(10);

std::string Expiry(const LeaseTimes& times) {
  return absl::StrCat("UTC_TIMESTAMP(6) + INTERVAL ", absl::ToInt64Microseconds(times.expiry), " MICROSECOND");
}

}  // namespace

absl::Status MigrationRunning() {
  return Error(absl::StatusCode::kUnavailable, "MIGRATION_RUNNING", "另一个数据库迁移正在进行");
}

MigrationLease::MigrationLease(Pool& pool, Session& session, const LeaseTimes& times)
    : pool_(pool), times_(times), owner_(NewUuid()), session_(session) {}

absl::StatusOr<std::unique_ptr<MigrationLease>> MigrationLease::Take(Pool& pool, Session& session,
                                                                     const LeaseTimes& times) {
  ASSIGN_OR_RETURN(Rows lock, session.Query(absl::StrCat("SELECT GET_LOCK(", kLockName, ", 10)")));
  lock.Next();
  if (lock.Int(0) != 1) return MigrationRunning();
  std::unique_ptr<MigrationLease> lease(new MigrationLease(pool, session, times));
  RETURN_IF_ERROR(lease->TakeRow());
  lease->thread_ = std::thread([lease = lease.get()] { lease->KeepRenewing(); });
  return lease;
}

MigrationLease::~MigrationLease() { GiveBack(false); }

// The named lock tells whether another migrator lives on this node; so a lease left by a dead one of the same node is
// taken at once, and one of another node only when it expires.
absl::Status MigrationLease::TakeRow() {
  absl::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(session_.Execute(kCreate).status());
  RETURN_IF_ERROR(session_
                      .Execute(absl::StrCat("INSERT INTO `schema_migration_lease` SELECT 1, ", kNode,
                                            ", '', UTC_TIMESTAMP(6) FROM DUAL WHERE NOT EXISTS "
                                            "(SELECT 1 FROM `schema_migration_lease` WHERE `id` = 1)"))
                      .status());
  ASSIGN_OR_RETURN(Rows last, session_.Query("SELECT `owner` <> '' FROM `schema_migration_lease` WHERE `id` = 1"));
  died_before_ = last.Next() && last.Int(0) != 0;
  ASSIGN_OR_RETURN(int64_t taken, session_.Execute(absl::StrCat("UPDATE `schema_migration_lease` SET `node` = ", kNode,
                                                                ", `owner` = ?, `expire_time` = ", Expiry(times_),
                                                                " WHERE `id` = 1 AND (`owner` = '' OR `node` = ", kNode,
                                                                " OR `expire_time` <= UTC_TIMESTAMP(6))"),
                                                   {owner_}));
  return taken == 1 ? absl::OkStatus() : MigrationRunning();
}

absl::Status MigrationLease::Renew() {
  absl::MutexLock lock(&mutex_);
  if (!lost_.ok()) return lost_;
  const absl::StatusOr<int64_t> renewed =
      session_.Execute(absl::StrCat("UPDATE `schema_migration_lease` SET `expire_time` = ", Expiry(times_),
                                    " WHERE `id` = 1 AND `owner` = ?"),
                       {owner_});
  lost_ = renewed.ok() && *renewed != 1 ? MigrationRunning() : renewed.status();
  return lost_;
}

void MigrationLease::KeepRenewing() {
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), times_.renewal)) return;
    }
    if (!Renew().ok()) return;
  }
}

void MigrationLease::GiveBack(bool settled) {
  if (given_back_) return;
  given_back_ = true;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
  const std::string sql = absl::StrCat("UPDATE `schema_migration_lease` SET ", settled ? "`owner` = '', " : "",
                                       "`expire_time` = UTC_TIMESTAMP(6) WHERE `owner` = ?");
  const auto give_back = [&](Session& session) { return session.Execute(sql, {owner_}).status(); };
  absl::MutexLock lock(&mutex_);
  // What ended this session may have ended it alone.
  if (!give_back(session_).ok()) pool_.Read(absl::Now() + kGiveBackWithin, give_back).IgnoreError();
  session_.Execute(absl::StrCat("DO RELEASE_LOCK(", kLockName, ")")).IgnoreError();
}

}  // namespace edudelta::db
