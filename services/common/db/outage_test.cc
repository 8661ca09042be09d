#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/db/pool.h"
#include "common/testing/database.h"
#include "common/testing/matchers.h"
#include "prometheus/counter.h"

namespace edudelta::db {
namespace {

using ::testing::AllOf;
using testing::HasReason;
using testing::IsOk;
using testing::Soon;
using testing::StatusIs;

auto Executing(const std::string& sql) {
  return [sql](Session& session) { return session.Execute(sql).status(); };
}

TEST(PoolOutage, LosesNothingItPromisedAndComesBack) {
  testing::Database database({.durable = true});
  metrics::Registry registry;
  auto created = Pool::Create(database.CreateSchema(), registry);
  ASSERT_THAT(created, IsOk());
  Pool& pool = **created;
  ASSERT_THAT(pool.Read(Soon(), Executing("CREATE TABLE t (id INT PRIMARY KEY)")), IsOk());
  ASSERT_THAT(pool.Transact(Soon(), Executing("INSERT INTO t VALUES (1)")), IsOk());

  // The connection is lost while a statement runs that commits by itself.
  absl::Notification runs;
  auto unknown = std::async(std::launch::async, [&] {
    return pool.Read(Soon(), [&](Session& session) -> absl::Status {
      RETURN_IF_ERROR(session.Query("SELECT 1").status());
      runs.Notify();
      return session.Execute("INSERT INTO t SELECT 2 FROM DUAL WHERE SLEEP(100) = 0").status();
    });
  });
  runs.WaitForNotification();
  const auto sleeping = [&] {
    bool found = false;
    EXPECT_THAT(pool.Read(Soon(),
                          [&](Session& session) -> absl::Status {
                            ASSIGN_OR_RETURN(Rows rows,
                                             session.Query("SELECT 1 FROM information_schema.processlist WHERE "
                                                           "info LIKE 'INSERT INTO t SELECT 2%'"));
                            found = rows.Next();
                            return absl::OkStatus();
                          }),
                IsOk());
    return found;
  };
  while (!sleeping()) {
  }
  EXPECT_THAT(pool.Transact(Soon(),
                            [&](Tx& tx) -> absl::Status {
                              RETURN_IF_ERROR(tx.Execute("INSERT INTO t VALUES (3)").status());
                              database.Kill();
                              return tx.Execute("INSERT INTO t VALUES (4)").status();
                            }),
              AllOf(StatusIs(absl::StatusCode::kUnavailable), HasReason("DATABASE_UNAVAILABLE")));
  EXPECT_THAT(unknown.get(), AllOf(StatusIs(absl::StatusCode::kUnknown), HasReason("DATABASE_OUTCOME_UNKNOWN")));
  EXPECT_THAT(pool.Ping(Soon()), HasReason("DATABASE_UNAVAILABLE"));

  database.Start();
  EXPECT_THAT(pool.Transact(Soon(), Executing("INSERT INTO t VALUES (5)")), IsOk());
  // The commit is cut off.
  EXPECT_THAT(pool.Transact(Soon(),
                            [&](Tx& tx) -> absl::Status {
                              RETURN_IF_ERROR(tx.Execute("INSERT INTO t VALUES (6)").status());
                              database.Kill();
                              return absl::OkStatus();
                            }),
              HasReason("DATABASE_OUTCOME_UNKNOWN"));

  // Idle connections die with a restart; neither a read nor a write notices.
  database.Start();
  EXPECT_THAT(pool.Ping(Soon()), IsOk());
  database.Stop();
  database.Start();
  int64_t sum = 0;
  EXPECT_THAT(pool.Read(Soon(),
                        [&](Session& session) -> absl::Status {
                          ASSIGN_OR_RETURN(Rows rows, session.Query("SELECT SUM(id) FROM t"));
                          rows.Next();
                          sum = rows.Int(0);
                          return absl::OkStatus();
                        }),
              IsOk());
  EXPECT_EQ(sum, 1 + 5);
  database.Stop();
  database.Start();
  auto& retries = registry.Counter("edudelta_db_retries_total", "", {{"reason", "connection_lost"}});
  const double before = retries.Value();
  EXPECT_THAT(pool.Transact(Soon(), Executing("INSERT INTO t VALUES (7)")), IsOk());
  EXPECT_GT(retries.Value(), before);
}

TEST(PoolOutage, GivesUpASilentServerAndComesBack) {
  testing::Database database({.durable = true});
  metrics::Registry registry;
  Options options = database.CreateSchema();
  options.connect_timeout = options.network_timeout = absl::Seconds(1);
  auto created = Pool::Create(options, registry);
  ASSERT_THAT(created, IsOk());
  Pool& pool = **created;
  ASSERT_THAT(pool.Read(Soon(), Executing("CREATE TABLE t (id INT PRIMARY KEY)")), IsOk());
  EXPECT_THAT(pool.Transact(Soon(),
                            [&](Tx& tx) -> absl::Status {
                              RETURN_IF_ERROR(tx.Execute("INSERT INTO t VALUES (1)").status());
                              database.Freeze();
                              return tx.Execute("INSERT INTO t VALUES (2)").status();
                            }),
              HasReason("DATABASE_UNAVAILABLE"));
  EXPECT_THAT(pool.Ping(Soon()), HasReason("DATABASE_UNAVAILABLE"));
  EXPECT_THAT(pool.Read(Soon(), Executing("SELECT 1")), HasReason("DATABASE_UNAVAILABLE"));
  database.Thaw();
  EXPECT_THAT(pool.Transact(Soon(), Executing("INSERT INTO t VALUES (4)")), IsOk());

  EXPECT_THAT(pool.Transact(Soon(),
                            [&](Tx& tx) -> absl::Status {
                              RETURN_IF_ERROR(tx.Execute("INSERT INTO t VALUES (8)").status());
                              database.Freeze();
                              return absl::OkStatus();
                            }),
              HasReason("DATABASE_OUTCOME_UNKNOWN"));
  database.Thaw();
  // Whether 8 is there nobody can say.
  std::string found;
  EXPECT_THAT(pool.Read(Soon(),
                        [&](Session& session) -> absl::Status {
                          ASSIGN_OR_RETURN(Rows rows, session.Query("SELECT GROUP_CONCAT(id) FROM t WHERE id <> 8"));
                          rows.Next();
                          found = rows.Text(0);
                          return absl::OkStatus();
                        }),
              IsOk());
  EXPECT_EQ(found, "4");
}

}  // namespace
}  // namespace edudelta::db
