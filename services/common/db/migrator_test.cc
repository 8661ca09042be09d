#include "common/db/migrator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  MigratorTest() : pool_(*Pool::Create(testing::Database::Shared().CreateSchema(), registry_)) {}

  absl::Status With(absl::FunctionRef<absl::Status(Session&)> work) {
    return pool_->Read(absl::Now() + absl::Seconds(60), work);
  }
  absl::Status Apply(const std::vector<Migration>& migrations) {
    return With([&](Session& session) { return Migrate(session, migrations); });
  }
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
  EXPECT_EQ(CommonMigrations().size(), 10u);
  const std::vector<Migration> all = WithCommonMigrations({{"202611211900_school", kSchool}});
  EXPECT_THAT(Apply(all), IsOk());
  EXPECT_THAT(Check(all), IsOk());
  for (const char* table : {"request_log", "outbox", "transition_log", "lease", "feed_cursor"}) {
    EXPECT_EQ(Count(table), 0) << table;
  }
  EXPECT_EQ(Count("feed_counter WHERE dataset = ''"), 1);
}

}  // namespace
}  // namespace edudelta::db
