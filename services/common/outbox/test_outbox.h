#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/db/migrator.h"
#include "common/db/pool.h"
#include "common/outbox/relay.h"
#include "common/outbox/writer.h"
#include "common/testing/database.h"
#include "common/testing/matchers.h"
#include "edudelta/planning/v1/school.pb.h"
#include "gtest/gtest.h"

namespace edudelta::outbox {

using testing::Soon;

// A service's schema with its outbox.
class TestOutbox {
 public:
  explicit TestOutbox(testing::Database& database = testing::Database::Shared(),
                      const std::vector<db::Migration>& migrations = db::CommonMigrations())
      : cipher(*crypto::FieldCipher::FromJson(crypto::FieldCipher::GenerateKeyJson())), writer(cipher) {
    db::Options options = database.CreateSchema();
    options.connections = 8;
    pool = *db::Pool::Create(options, registry);
    EXPECT_THAT(db::Migrate(*pool, migrations), testing::IsOk());
  }

  static planning::v1::School School(const std::string& name, const std::string& display_name) {
    planning::v1::School school;
    school.set_name(name);
    school.set_display_name(display_name);
    school.set_kind("211");
    school.set_state(planning::v1::School::STATE_OPEN);
    return school;
  }

  absl::Status AppendSchools(db::Tx& tx, const std::string& district, int from, int count) {
    std::vector<planning::v1::School> schools;
    for (int i = from; i < from + count; ++i) {
      schools.push_back(School(absl::StrCat("districts/", district, "/schools/", i), absl::StrCat("第", i, "小学")));
    }
    std::vector<Change> changes;
    for (const auto& school : schools) {
      changes.push_back({.dataset = "planning.School",
                         .district = district,
                         .name = school.name(),
                         .kind = feed::v1::Event::KIND_CREATED,
                         .after = &school});
    }
    std::string now;
    {
      ASSIGN_OR_RETURN(db::Rows rows, tx.Query("SELECT CAST(UTC_TIMESTAMP(6) AS CHAR)"));
      rows.Next();
      now = rows.Text(0);
    }
    return writer.Append(tx, now, changes);
  }

  void Commit(const std::string& district, int from, int count) {
    ASSERT_THAT(pool->Transact(Soon(), [&](db::Tx& tx) { return AppendSchools(tx, district, from, count); }),
                testing::IsOk());
  }

  void Run(const std::string& sql) {
    ASSERT_THAT(pool->Read(Soon(), [&](db::Session& session) { return session.Execute(sql).status(); }),
                testing::IsOk())
        << sql;
  }

  // The first column of every row, joined by a space.
  std::string Ask(const std::string& sql) {
    std::string answer;
    EXPECT_THAT(pool->Read(Soon(),
                           [&](db::Session& session) -> absl::Status {
                             answer.clear();
                             ASSIGN_OR_RETURN(db::Rows rows, session.Query(sql));
                             while (rows.Next()) absl::StrAppend(&answer, answer.empty() ? "" : " ", rows.Text(0));
                             return absl::OkStatus();
                           }),
                testing::IsOk())
        << sql;
    return answer;
  }

  // Waits until the answer is as wanted; the last answer.
  std::string AwaitAnswer(const std::string& sql, const std::string& wanted) {
    std::string answer;
    for (const absl::Time end = Soon(); absl::Now() < end; absl::SleepFor(absl::Milliseconds(5))) {
      if (answer = Ask(sql); answer == wanted) break;
    }
    return answer;
  }

  std::unique_ptr<Relay> MakeRelay(Relay::Options options = {}) {
    return std::make_unique<Relay>(options, *pool, registry, logger, clock);
  }

  SystemClock clock;
  metrics::Registry registry;
  log::Logger logger{"test", clock, log::Level::kInfo, [](const std::string&) {}};
  std::unique_ptr<db::Pool> pool;
  crypto::FieldCipher cipher;
  Writer writer;
};

}  // namespace edudelta::outbox
