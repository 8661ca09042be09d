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
    ASSERT_THAT(db::Migrate(*pool_, some), IsOk());
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

TEST_F(MigrationsTest, NameWhatPartsOfPlansGaveByItsId) {
  MigrateBefore("202611220301");
  // Keys, the version and both times, then what the table has besides.
  auto put = [&](const std::string& table, const std::string& id, const std::string& rest) {
    Run("INSERT INTO " + table + " VALUES (NULL, 1, NOW(6), NOW(6), '310114', 'p_1', '" + id + "', " + rest + ")");
    Run("INSERT INTO " + table + "_history SELECT *, NOW(6) FROM " + table);
  };
  auto put_section = [&](const std::string& id, const std::string& parent) {
    Run("DELETE FROM plan_section_history");
    put("plan_section", id, "'章节', '" + parent + "'");
  };
  put_section("S1", "");
  put_section("S1.1", "S1");
  put_section("S1.2", "districts/310114/workPlans/p_1/sections/S1");
  put_section("S1.3", "第一章");
  put_section("S1.4", "a/b");
  put("plan_task", "T1", "'任务', 'S1.1', 'other', '', NULL, NULL, '', ''");
  put("plan_target", "G1", "'指标', '', 1, 1, '', '', NULL, '', 'T1', 1, NULL, ''");
  put("plan_project", "P1", "'项目', '', NULL, 0, NULL, NULL, '', NULL, '', '', NULL, NULL, NULL, 'T1', ''");
  put("report_duty", "R1", "'报表', '', '', '', '', 'T1', ''");
  MigrateBefore("");
  const std::string plan = "districts/310114/workPlans/p_1/";
  for (const std::string suffix : {"", "_history"}) {
    EXPECT_EQ(Ask("SELECT parent_section FROM plan_section" + suffix + " ORDER BY section_id"),
              (Texts{"", plan + "sections/S1", plan + "sections/S1", "", ""}));
    EXPECT_EQ(Ask("SELECT section FROM plan_task" + suffix), Texts{plan + "sections/S1.1"});
    for (const std::string table : {"plan_target", "plan_project", "report_duty"}) {
      EXPECT_EQ(Ask("SELECT task FROM " + table + suffix), Texts{plan + "tasks/T1"}) << table;
    }
  }
}

}  // namespace
}  // namespace store
}  // namespace edudelta::planning
