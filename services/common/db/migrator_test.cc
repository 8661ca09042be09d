#include "common/db/migrator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/db/pool.h"
#include "common/testing/database.h"
#include "common/testing/matchers.h"

namespace edudelta::db {
namespace {

using testing::HasReason;
using ::testing::HasSubstr;
using testing::IsOk;

constexpr char kSchool[] = "-- Schools;\nCREATE TABLE `school` (\n  `id` INT\n);\nINSERT INTO `school` VALUES (1);\n";

class MigratorTest : public ::testing::Test {
 protected:
  MigratorTest() : options_(testing::Database::Shared().CreateSchema()), pool_(*Pool::Create(options_, registry_)) {}

  absl::Status With(absl::FunctionRef<absl::Status(Session&)> work) {
    return pool_->Read(absl::Now() + absl::Seconds(60), work);
  }
  absl::Status Apply(const std::vector<Migration>& migrations) { return Migrate(*pool_, migrations); }
  absl::Status Check(const std::vector<Migration>& migrations) {
    return With([&](Session& session) { return CheckMigrations(session, migrations); });
  }
  absl::Status Run(const std::string& sql) {
    return With([&](Session& session) { return session.Execute(sql).status(); });
  }
  int64_t Count(const std::string& table) {
    int64_t count = -1;
    EXPECT_THAT(With([&](Session& session) -> absl::Status {
                  ASSIGN_OR_RETURN(Rows rows, session.Query("SELECT COUNT(*) FROM " + table));
                  rows.Next();
                  count = rows.Int(0);
                  return absl::OkStatus();
                }),
                IsOk());
    return count;
  }

  metrics::Registry registry_;
  Options options_;
  std::unique_ptr<Pool> pool_;
};

TEST_F(MigratorTest, AppliesInOrderAndOnce) {
  const std::vector<Migration> migrations = {{"2_add", "ALTER TABLE `school` ADD `name` VARCHAR(9);"},
                                             {"1_school", kSchool}};
  EXPECT_THAT(Check(migrations), HasReason("MIGRATION_PENDING"));
  EXPECT_THAT(Apply(migrations), IsOk());
  EXPECT_THAT(Apply(migrations), IsOk());
  EXPECT_THAT(Check(migrations), IsOk());
  EXPECT_EQ(Count("`school` WHERE `name` IS NULL"), 1);
}

TEST_F(MigratorTest, ResumesAtTheStepThatFailed) {
  const std::vector<Migration> migrations = {
      {"1_school",
       "CREATE TABLE `a` (`id` INT);\nINSERT INTO `a` VALUES (1);\nINSERT INTO `b` VALUES (1);\n"
       "INSERT INTO `a` VALUES (2);\n"}};
  const absl::Status failed = Apply(migrations);
  EXPECT_THAT(failed, HasReason("MIGRATION_FAILED"));
  EXPECT_THAT(std::string(failed.message()), HasSubstr("[migration=1_school] [step=3]"));
  EXPECT_THAT(Check(migrations), HasReason("MIGRATION_PENDING"));
  EXPECT_THAT(Run("CREATE TABLE `b` (`id` INT)"), IsOk());
  EXPECT_THAT(Apply(migrations), IsOk());
  EXPECT_THAT(Check(migrations), IsOk());
  EXPECT_EQ(Count("`a`"), 2);
  EXPECT_EQ(Count("`b`"), 1);
}

TEST_F(MigratorTest, GoesOnAfterOneThatDiedBeforeItsRecord) {
  const std::vector<Migration> migrations = {
      {"1_school", kSchool},
      {"2_add", "ALTER TABLE `school` ADD `name` VARCHAR(9);\nALTER TABLE `school` ADD `kind` VARCHAR(9);\n"}};
  EXPECT_THAT(Apply(migrations), IsOk());
  EXPECT_THAT(Run("DELETE FROM `schema_migration` WHERE `name` = '2_add' AND `step` = 2"), IsOk());
  EXPECT_THAT(Apply(migrations), HasReason("MIGRATION_FAILED")) << "nobody died";
  EXPECT_THAT(Run("UPDATE `schema_migration_lease` SET `owner` = 'dead'"), IsOk());
  EXPECT_THAT(Apply(migrations), IsOk());
  EXPECT_THAT(Check(migrations), IsOk());
  EXPECT_THAT(Run("DELETE FROM `schema_migration` WHERE `name` = '2_add'"), IsOk());
  EXPECT_THAT(Run("UPDATE `schema_migration_lease` SET `owner` = 'dead'"), IsOk());
  EXPECT_THAT(std::string(Apply(migrations).message()), HasSubstr("[step=2]")) << "the first statement alone";
}

TEST_F(MigratorTest, RefusesAChangedFile) {
  EXPECT_THAT(Apply({{"1_school", kSchool}}), IsOk());
  const std::vector<Migration> changed = {{"1_school", std::string(kSchool) + "-- more\n"}, {"2_more", "DO 1;"}};
  EXPECT_THAT(Apply(changed), HasReason("MIGRATION_CHANGED"));
  EXPECT_THAT(Check(changed), HasReason("MIGRATION_CHANGED"));
}

TEST_F(MigratorTest, LetsOldCodeRunOnANewerSchemaOnly) {
  EXPECT_THAT(Apply({{"1_school", kSchool}, {"3_new", "CREATE TABLE `c` (`id` INT);"}}), IsOk());
  EXPECT_THAT(Check({{"1_school", kSchool}}), IsOk());
  EXPECT_THAT(Apply({{"1_school", kSchool}}), IsOk());
  const std::vector<Migration> fork = {{"1_school", kSchool}, {"2_other", "DO 1;"}};
  EXPECT_THAT(Check(fork), HasReason("MIGRATION_UNKNOWN"));
  EXPECT_THAT(Apply(fork), HasReason("MIGRATION_UNKNOWN"));
  EXPECT_THAT(Check({{"3_new", "CREATE TABLE `c` (`id` INT);"}}), HasReason("MIGRATION_UNKNOWN"));
}

TEST_F(MigratorTest, AppliesALateOlderFile) {
  EXPECT_THAT(Apply({{"2_school", kSchool}}), IsOk());
  EXPECT_THAT(Apply({{"1_late", "CREATE TABLE `d` (`id` INT);"}, {"2_school", kSchool}}), IsOk());
  EXPECT_EQ(Count("`d`"), 0);
}

TEST_F(MigratorTest, LeavesTheWorkToTheHolderOfTheLease) {
  EXPECT_THAT(Apply({}), IsOk());
  EXPECT_THAT(Run("UPDATE `schema_migration_lease` SET `node` = 'elsewhere', `owner` = 'x', "
                  "`expire_time` = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR"),
              IsOk());
  EXPECT_THAT(Apply({{"1_school", kSchool}}), HasReason("MIGRATION_RUNNING"));
  // A dead migrator of this node.
  EXPECT_THAT(Run("UPDATE `schema_migration_lease` SET `node` = CONCAT(@@hostname, ':', @@port)"), IsOk());
  EXPECT_THAT(Apply({{"1_school", kSchool}}), IsOk());
  EXPECT_EQ(Count("`school`"), 1);
}

TEST_F(MigratorTest, AppliesTheCommonTables) {
  EXPECT_EQ(CommonMigrations().size(), 12u);
  const std::vector<Migration> all = WithCommonMigrations({{"202611211900_school", kSchool}});
  EXPECT_THAT(Apply(all), IsOk());
  EXPECT_THAT(Check(all), IsOk());
  for (const char* table : {"request_log", "outbox", "transition_log", "lease", "feed_cursor"}) {
    EXPECT_EQ(Count(table), 0) << table;
  }
  EXPECT_EQ(Count("feed_counter WHERE dataset = ''"), 1);
}

// A transaction that has used the school's table, until told otherwise.
class Holder {
 public:
  Holder(const Options& schema, const std::string& sql) {
    Options options = schema;
    options.transaction_limit = absl::Seconds(30);
    pool_ = *Pool::Create(options, registry_);
    holding_ = std::async(std::launch::async, [this, sql] {
      return pool_->Transact(absl::Now() + absl::Seconds(60), [&](Tx& tx) -> absl::Status {
        const absl::Status status = tx.Execute(sql).status();
        holds_.Notify();
        released_.WaitForNotification();
        return status;
      });
    });
    holds_.WaitForNotification();
  }
  ~Holder() {
    if (!released_.HasBeenNotified()) released_.Notify();
  }
  absl::Status Release() {
    released_.Notify();
    return holding_.get();
  }

 private:
  metrics::Registry registry_;
  std::unique_ptr<Pool> pool_;
  absl::Notification holds_;
  absl::Notification released_;
  std::future<absl::Status> holding_;
};

bool IsRunning(const std::future<absl::Status>& work) {
  return work.wait_for(std::chrono::seconds(0)) == std::future_status::timeout;
}

class MigratorWaitsTest : public MigratorTest {
 protected:
  MigratorWaitsTest() {
    EXPECT_THAT(Apply({{"1_school", kSchool}}), IsOk());
    options_ = ForMigrations(options_);
  }

  // With the account and the patience of --migrate.
  std::future<absl::Status> ApplyBeside(const std::string& sql, const LeaseTimes& times = {}) {
    return std::async(std::launch::async, [this, sql, times]() -> absl::Status {
      ASSIGN_OR_RETURN(const std::unique_ptr<Pool> pool, Pool::Create(options_, registry_));
      return Migrate(*pool, {{"1_school", kSchool}, {"2_more", sql}}, times);
    });
  }
  // Until `condition` holds, or the work is over.
  bool Until(const std::future<absl::Status>& work, const std::string& condition) {
    while (IsRunning(work)) {
      if (Count(condition) == 1) return true;
    }
    return false;
  }
};

// The migrator's statement has run for so long. (InnoDB's own list of waits is not renewed for one who keeps asking.)
std::string RunningFor(int milliseconds) {
  return absl::StrCat(
      "information_schema.processlist WHERE command = 'Query' AND info LIKE '%`school`%' AND "
      "id <> CONNECTION_ID() AND db = DATABASE() AND time_ms > ",
      milliseconds);
}
// Longer than a statement of a service may wait.
constexpr int kLong = 2500;

TEST_F(MigratorWaitsTest, ForARowInUse) {
  Holder holder(options_, "UPDATE `school` SET `id` = 2");
  std::future<absl::Status> migrating = ApplyBeside("UPDATE `school` SET `id` = `id` + 10;");
  EXPECT_TRUE(Until(migrating, RunningFor(kLong))) << "it gave up";
  EXPECT_THAT(holder.Release(), IsOk());
  EXPECT_THAT(migrating.get(), IsOk());
  EXPECT_EQ(Count("`school` WHERE `id` = 12"), 1);
}

TEST_F(MigratorWaitsTest, ForATableInUse) {
  Holder holder(options_, "UPDATE `school` SET `id` = 2");
  std::future<absl::Status> migrating = ApplyBeside("ALTER TABLE `school` ADD `name` VARCHAR(9);");
  EXPECT_TRUE(Until(migrating, RunningFor(kLong))) << "it gave up";
  EXPECT_THAT(holder.Release(), IsOk());
  EXPECT_THAT(migrating.get(), IsOk());
  EXPECT_EQ(Count("`school` WHERE `name` IS NULL"), 1);
}

// A row's lock and a table's; the next migrator must not take the one before for dead.
TEST_F(MigratorWaitsTest, AndLeavesNoOwnerBehindWhenItFails) {
  options_.lock_wait = absl::Seconds(1);
  for (const char* sql : {"UPDATE `school` SET `id` = 3;", "ALTER TABLE `school` ADD `name` VARCHAR(9);"}) {
    Holder holder(options_, "UPDATE `school` SET `id` = 2");
    const absl::Status failed = ApplyBeside(sql).get();
    EXPECT_THAT(failed, HasReason("MIGRATION_FAILED")) << sql;
    EXPECT_THAT(std::string(failed.message()), HasSubstr("[migration=2_more] [step=1]"));
    EXPECT_EQ(Count("`schema_migration_lease` WHERE `owner` = ''"), 1) << sql;
    EXPECT_THAT(holder.Release(), IsOk());
  }
}

TEST_F(MigratorWaitsTest, AndKeepsItsLease) {
  const LeaseTimes times = {absl::Minutes(10), absl::Milliseconds(10)};
  Holder holder(options_, "UPDATE `school` SET `id` = 2");
  std::future<absl::Status> migrating = ApplyBeside("UPDATE `school` SET `id` = 3;", times);
  ASSERT_TRUE(Until(migrating, RunningFor(300)));
  EXPECT_THAT(Run("UPDATE `schema_migration_lease` SET `expire_time` = UTC_TIMESTAMP(6)"), IsOk());
  EXPECT_TRUE(Until(migrating, "`schema_migration_lease` WHERE `expire_time` > UTC_TIMESTAMP(6) + INTERVAL 9 MINUTE"));
  EXPECT_THAT(holder.Release(), IsOk());
  EXPECT_THAT(migrating.get(), IsOk());
}

// Of another node, after a silence: what the first one did is not recorded behind the other's back.
TEST_F(MigratorWaitsTest, AndRecordsNothingOnceTheLeaseIsAnothers) {
  Holder holder(options_, "UPDATE `school` SET `id` = 2");
  std::future<absl::Status> migrating = ApplyBeside("UPDATE `school` SET `id` = 3;");
  ASSERT_TRUE(Until(migrating, RunningFor(300)));
  EXPECT_THAT(Run("UPDATE `schema_migration_lease` SET `node` = 'elsewhere', `owner` = 'x'"), IsOk());
  EXPECT_THAT(holder.Release(), IsOk());
  EXPECT_THAT(migrating.get(), HasReason("MIGRATION_RUNNING"));
  EXPECT_EQ(Count("`schema_migration` WHERE `name` = '2_more'"), 0);
  EXPECT_EQ(Count("`schema_migration_lease` WHERE `owner` = 'x'"), 1);
}

}  // namespace
}  // namespace edudelta::db
