// What the migrations make of rows that were written before them.
#include <algorithm>

#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/db/migrator.h"
#include "common/db/pool.h"
#include "common/testing/database.h"
#include "common/testing/matchers.h"
#include "gtest/gtest.h"

namespace edudelta::planning {

const std::vector<db::Migration>& Migrations();

namespace store {
namespace {

using testing::IsOk;

class MigrationsTest : public ::testing::Test {
 protected:
  MigrationsTest() : pool_(*db::Pool::Create(testing::Database::Shared().CreateSchema(), registry_)) {}

  // All that come before `name`; all when it is empty.
  void MigrateBefore(absl::string_view name) {
    std::vector<db::Migration> some = db::WithCommonMigrations(Migrations());
    if (!name.empty()) {
      some.erase(std::remove_if(some.begin(), some.end(), [&](const db::Migration& one) { return one.name >= name; }),
                 some.end());
    }
    ASSERT_THAT(With([&](db::Session& session) { return db::Migrate(session, some); }), IsOk());
  }
  absl::Status With(absl::FunctionRef<absl::Status(db::Session&)> work) {
    return pool_->Read(absl::Now() + absl::Seconds(120), work);
  }
  void Run(const std::string& sql) {
    ASSERT_THAT(With([&](db::Session& session) { return session.Execute(sql).status(); }), IsOk()) << sql;
  }
  // First columns of `sql`.
  std::vector<std::string> Ask(const std::string& sql) {
    std::vector<std::string> answer;
    EXPECT_THAT(With([&](db::Session& session) -> absl::Status {
                  answer.clear();
                  ASSIGN_OR_RETURN(db::Rows rows, session.Query(sql));
                  while (rows.Next()) answer.push_back(rows.Text(0));
                  return absl::OkStatus();
                }),
                IsOk())
        << sql;
    return answer;
  }

  metrics::Registry registry_;
  std::unique_ptr<db::Pool> pool_;
};

using Texts = std::vector<std::string>;

TEST_F(MigrationsTest, NumberIndicatorSetsInTheOrderInWhichTheyWereMade) {
  MigrateBefore("202611220251");
  auto copy = [&](const std::string& id, const std::string& created) {
    Run("INSERT INTO indicator_set (district_id, indicator_set_id, version, create_time, update_time, display_name, "
        "effective_date, standards, required_indicator_count, floor_percent, coefficient_weighting, "
        "smallest_teaching_point, split_teachers) SELECT district_id, '" +
        id + "', 1, '" + created +
        "', update_time, display_name, effective_date, standards, 6, 85, 1, 50, 0 FROM indicator_set WHERE "
        "indicator_set_id = 'national-2017'");
  };
  copy("second", "2036-01-01");
  copy("third", "2037-01-01");
  Run("INSERT INTO indicator_set_history SELECT *, '2036-01-01' FROM indicator_set WHERE indicator_set_id = 'second'");
  Run("INSERT INTO balance_report VALUES (1, 1, NOW(6), NOW(6), '310114', 'r', 2025, "
      "'districts/000000/indicatorSets/second', NOW(6), 1, '[]', 0, 0, 0, '[]')");
  MigrateBefore("");
  const std::string told =
      "CONCAT(indicator_set_id, ' ', version_number, ' ', count_shared_sports_art_teachers, "
      "count_extra_sports_areas)";
  EXPECT_EQ(Ask("SELECT " + told + " FROM indicator_set ORDER BY version_number"),
            (Texts{"national-2017 1 11", "second 2 11", "third 3 11"}));
  EXPECT_EQ(Ask("SELECT " + told + " FROM indicator_set_history"), Texts{"second 2 11"});
  EXPECT_EQ(Ask("SELECT indicator_set_version FROM balance_report"), Texts{"2"}) << "so that it recomputes";
}

}  // namespace
}  // namespace store
}  // namespace edudelta::planning
