#include "common/db/pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/testing/database.h"
#include "common/testing/matchers.h"
#include "prometheus/gauge.h"

namespace edudelta::db {
namespace {

using ::testing::AllOf;
using testing::HasReason;
using testing::IsOk;
using testing::StatusIs;

using testing::Soon;

class PoolTest : public ::testing::Test {
 protected:
  explicit PoolTest(testing::Database& database = testing::Database::Shared()) : options_(database.CreateSchema()) {
    pool_ = Open(options_);
    Run("CREATE TABLE t (id BIGINT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20) UNIQUE, n BIGINT NOT NULL DEFAULT 0)");
  }

  std::unique_ptr<Pool> Open(const Options& options) {
    auto pool = Pool::Create(options, registry_);
    EXPECT_THAT(pool, IsOk());
    return *std::move(pool);
  }

  absl::Status TryRun(const std::string& sql, const std::vector<Value>& parameters = {}) {
    return pool_->Read(Soon(), [&](Session& session) { return session.Execute(sql, parameters).status(); });
  }
  void Run(const std::string& sql, const std::vector<Value>& parameters = {}) {
    ASSERT_THAT(TryRun(sql, parameters), IsOk()) << sql;
  }

  int64_t Number(const std::string& sql) {
    int64_t number = -1;
    EXPECT_THAT(pool_->Read(Soon(),
                            [&](Session& session) -> absl::Status {
                              ASSIGN_OR_RETURN(Rows rows, session.Query(sql));
                              if (rows.Next()) number = rows.Int(0);
                              return absl::OkStatus();
                            }),
                IsOk());
    return number;
  }

  metrics::Registry registry_;
  Options options_;
  std::unique_ptr<Pool> pool_;
};

TEST_F(PoolTest, CommitsWhenTheWorkIsOk) {
  int64_t id = 0;
  EXPECT_THAT(pool_->Transact(Soon(),
                              [&](Tx& tx) -> absl::Status {
                                RETURN_IF_ERROR(tx.Execute("INSERT INTO t (name) VALUES (?)", {"甲"}).status());
                                ASSIGN_OR_RETURN(id, tx.LastInsertId());
                                return absl::OkStatus();
                              }),
              IsOk());
  EXPECT_EQ(Number(absl::StrCat("SELECT COUNT(*) FROM t WHERE id = ", id)), 1);
}

TEST_F(PoolTest, RollsBackWhenTheWorkFails) {
  for (int i = 0; i < 2; ++i) {
    int runs = 0;
    EXPECT_THAT(pool_->Transact(Soon(),
                                [&](Tx& tx) -> absl::Status {
                                  ++runs;
                                  RETURN_IF_ERROR(tx.Execute("INSERT INTO t (name) VALUES (?)", {"甲"}).status());
                                  return Error(absl::StatusCode::kAborted, "ETAG_MISMATCH", "记录已被修改");
                                }),
                HasReason("ETAG_MISMATCH"));
    EXPECT_EQ(runs, 1);
  }
  EXPECT_EQ(Number("SELECT COUNT(*) FROM t"), 0);
}

TEST_F(PoolTest, NamesTheDuplicateKeyAndGoesOn) {
  Run("INSERT INTO t (name) VALUES (?)", {"甲"});
  EXPECT_THAT(pool_->Transact(Soon(),
                              [&](Tx& tx) -> absl::Status {
                                absl::Status twice = tx.Execute("INSERT INTO t (name) VALUES (?)", {"甲"}).status();
                                EXPECT_THAT(twice, AllOf(StatusIs(absl::StatusCode::kAlreadyExists),
                                                         HasReason("DUPLICATE_KEY")));
                                EXPECT_THAT(std::string(twice.message()), ::testing::HasSubstr("[key=name]"));
                                return tx.Execute("INSERT INTO t (name) VALUES (?)", {"乙"}).status();
                              }),
              IsOk());
  EXPECT_EQ(Number("SELECT COUNT(*) FROM t"), 2);
}

TEST_F(PoolTest, RefusesWhatStrictModeRefuses) {
  EXPECT_THAT(TryRun("INSERT INTO t (name) VALUES (?)", {std::string(21, 'x')}), HasReason("DATABASE_ERROR"));
  EXPECT_THAT(TryRun("SELEKT"), HasReason("DATABASE_ERROR"));
  EXPECT_THAT(TryRun("INSERT INTO t (name, n) VALUES (?, ?)", {"甲"}), HasReason("DATABASE_ERROR"));
}

// Two transactions lock the rows in opposite order; the server ends one, which is run once more.
TEST_F(PoolTest, RunsTheLoserOfADeadlockOnceMore) {
  Run("INSERT INTO t (id, name) VALUES (1, ?), (2, ?)", {"甲", "乙"});
  absl::Notification locked[2];
  std::atomic<int> runs = 0;
  const auto work = [&](int mine) {
    return pool_->Transact(Soon(), [&, mine](Tx& tx) -> absl::Status {
      ++runs;
      const auto add = [&](int64_t id) { return tx.Execute("UPDATE t SET n = n + 1 WHERE id = ?", {id}).status(); };
      RETURN_IF_ERROR(add(mine + 1));
      if (!locked[mine].HasBeenNotified()) locked[mine].Notify();
      locked[1 - mine].WaitForNotification();
      return add(2 - mine);
    });
  };
  auto other = std::async(std::launch::async, work, 1);
  EXPECT_THAT(work(0), IsOk());
  EXPECT_THAT(other.get(), IsOk());
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(Number("SELECT MIN(n) FROM t"), 2);
}

TEST_F(PoolTest, DoesNotCommitAWorkThatSwallowedTheConflict) {
  Run("INSERT INTO t (id, name) VALUES (1, ?)", {"甲"});
  options_.transaction_limit = absl::Seconds(2);
  std::unique_ptr<Pool> impatient = Open(options_);
  int runs = 0;
  EXPECT_THAT(pool_->Transact(Soon(),
                              [&](Tx& holder) -> absl::Status {
                                RETURN_IF_ERROR(holder.Query("SELECT n FROM t WHERE id = 1 FOR UPDATE").status());
                                EXPECT_THAT(
                                    impatient->Transact(
                                        Soon(),
                                        [&](Tx& tx) -> absl::Status {
                                          ++runs;
                                          tx.Execute("UPDATE t SET n = ? WHERE id = 1", {int64_t{9}}).IgnoreError();
                                          return absl::OkStatus();
                                        }),
                                    HasReason("DATABASE_CONFLICT"));
                                return absl::OkStatus();
                              }),
              ::testing::AnyOf(IsOk(), HasReason("DATABASE_TIMEOUT")));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Number("SELECT n FROM t"), 0);
}

TEST_F(PoolTest, KillsTheStatementAtTheDeadline) {
  options_.connections = 1;
  pool_ = Open(options_);
  const int64_t before = Number("SELECT CONNECTION_ID()");
  const absl::Time start = absl::Now();
  EXPECT_THAT(pool_->Read(start + absl::Milliseconds(50),
                          [](Session& session) { return session.Query("SELECT SLEEP(100) FROM DUAL").status(); }),
              AllOf(StatusIs(absl::StatusCode::kDeadlineExceeded), HasReason("DATABASE_TIMEOUT")));
  EXPECT_LT(absl::Now() - start, absl::Seconds(50));
  EXPECT_NE(Number("SELECT CONNECTION_ID()"), before);
}

TEST_F(PoolTest, EndsATransactionThatLastsTooLong) {
  Run("INSERT INTO t (id, name) VALUES (1, ?)", {"甲"});
  options_.transaction_limit = absl::Milliseconds(50);
  std::unique_ptr<Pool> brief = Open(options_);
  EXPECT_THAT(brief->Transact(Soon(),
                              [&](Tx& tx) -> absl::Status {
                                RETURN_IF_ERROR(tx.Execute("UPDATE t SET n = ? WHERE id = 1", {int64_t{1}}).status());
                                // Gets the row's lock only when the server has ended the idle transaction.
                                Run("UPDATE t SET n = ? WHERE id = 1", {int64_t{2}});
                                return absl::OkStatus();
                              }),
              HasReason("DATABASE_TIMEOUT"));
  EXPECT_EQ(Number("SELECT n FROM t"), 2);
}

TEST_F(PoolTest, WaitsForAConnectionUntilTheDeadline) {
  options_.connections = 1;
  pool_ = Open(options_);
  EXPECT_THAT(pool_->Read(Soon(),
                          [&](Session&) {
                            EXPECT_THAT(pool_->Ping(absl::Now() + absl::Milliseconds(20)),
                                        HasReason("DATABASE_TIMEOUT"));
                            return absl::OkStatus();
                          }),
              IsOk());
  EXPECT_THAT(pool_->Ping(Soon()), IsOk());
  EXPECT_EQ(registry_.Gauge("edudelta_db_up", "").Value(), 1);
  EXPECT_NEAR(registry_.Gauge("edudelta_db_clock_skew_seconds", "").Value(), 0, 1) << "the same machine's clock";
  EXPECT_THAT(pool_->Ping(absl::Now() - absl::Seconds(1)), HasReason("DATABASE_TIMEOUT"));
  EXPECT_EQ(registry_.Gauge("edudelta_db_up", "").Value(), 0);
}

TEST_F(PoolTest, TellsThoseWhoWaitFromThoseWhoAreServed) {
  options_.connections = 2;
  metrics::Registry registry;
  const auto pool = Pool::Create(options_, registry);
  ASSERT_THAT(pool, IsOk());
  auto& in_use = registry.Gauge("edudelta_db_pool_in_use", "");
  auto& waiting = registry.Gauge("edudelta_db_pool_waiting", "");
  absl::Notification release;
  std::vector<std::thread> threads;
  for (int i = 0; i < 5; ++i) {
    threads.emplace_back([&] {
      EXPECT_THAT((*pool)->Read(Soon(),
                                [&](Session&) {
                                  release.WaitForNotification();
                                  return absl::OkStatus();
                                }),
                  IsOk());
    });
  }
  while (in_use.Value() + waiting.Value() < 5) std::this_thread::yield();
  EXPECT_EQ(in_use.Value(), 2);
  EXPECT_EQ(waiting.Value(), 3);
  EXPECT_EQ(registry.Gauge("edudelta_db_pool_size", "").Value(), 2);
  release.Notify();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(in_use.Value(), 0);
  EXPECT_EQ(waiting.Value(), 0);
}

TEST_F(PoolTest, ReleasesTheConnectionWhenTheWorkThrows) {
  options_.connections = 1;
  pool_ = Open(options_);
  EXPECT_THROW(pool_
                   ->Transact(Soon(),
                              [&](Tx& tx) -> absl::Status {
                                tx.Execute("INSERT INTO t (name) VALUES (?)", {"甲"}).IgnoreError();
                                throw std::runtime_error("mistake");
                              })
                   .IgnoreError(),
               std::runtime_error);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM t"), 0);
}

TEST_F(PoolTest, KeepsBytesOfAnySize) {
  Run("CREATE TABLE b (id INT PRIMARY KEY, few VARBINARY(300), many LONGBLOB)");
  std::string few;
  for (int i = 0; i < 256; ++i) few.push_back(static_cast<char>(i));
  int64_t id = 0;
  for (const size_t size : {size_t{0}, size_t{1}, size_t{255}, size_t{300'000}, size_t{10'000'000}}) {
    std::string many;
    while (many.size() < size) many += few;
    many.resize(size);
    Run("INSERT INTO b VALUES (?, ?, ?)", {++id, few, many});
    EXPECT_THAT(
        pool_->Read(
            Soon(),
            [&](Session& session) -> absl::Status {
              ASSIGN_OR_RETURN(Rows rows, session.Query("SELECT few, many FROM b WHERE id = ? AND few = ?", {id, few}));
              EXPECT_TRUE(rows.Next());
              EXPECT_EQ(rows.Text(0), few);
              EXPECT_TRUE(rows.Text(1) == many) << size;
              return absl::OkStatus();
            }),
        IsOk());
  }
}

TEST_F(PoolTest, KeepsTimesDecimalsTextsAndNulls) {
  Run("CREATE TABLE v (time DATETIME(6), day DATE, price DECIMAL(30,10), text VARCHAR(100), big BIGINT, real8 DOUBLE, "
      "nothing BIGINT)");
  const std::vector<Value> written = {"2025-09-01 08:00:00.000001",
                                      "2025-09-01",
                                      "12345678901234567890.0123456789",
                                      "张𠮷，😀",
                                      std::numeric_limits<int64_t>::min(),
                                      0.1,
                                      Null()};
  Run("INSERT INTO v VALUES (?, ?, ?, ?, ?, ?, ?)", written);
  EXPECT_THAT(pool_->Read(Soon(),
                          [&](Session& session) -> absl::Status {
                            ASSIGN_OR_RETURN(Rows rows,
                                             session.Query("SELECT * FROM v WHERE time = ? AND nothing <=> ?",
                                                           {written[0], Null()}));
                            EXPECT_TRUE(rows.Next());
                            for (int i = 0; i < 4; ++i) EXPECT_EQ(Value(rows.Text(i)), written[i]);
                            EXPECT_EQ(rows.Int(4), std::numeric_limits<int64_t>::min());
                            EXPECT_EQ(rows.Double(5), 0.1);
                            EXPECT_FALSE(rows.IsNull(5));
                            EXPECT_TRUE(rows.IsNull(6));
                            EXPECT_EQ(rows.Text(6), "");
                            EXPECT_FALSE(rows.Next());
                            return absl::OkStatus();
                          }),
              IsOk());
  EXPECT_EQ(Number("SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), NOW(6))"), 0);
}

TEST_F(PoolTest, ReadsTheSameTextTwiceAtOnce) {
  Run("INSERT INTO t (name) VALUES (?), (?)", {"甲", "乙"});
  int pairs = 0;
  EXPECT_THAT(pool_->Read(Soon(),
                          [&](Session& session) -> absl::Status {
                            ASSIGN_OR_RETURN(Rows outer, session.Query("SELECT name FROM t ORDER BY name"));
                            while (outer.Next()) {
                              ASSIGN_OR_RETURN(Rows inner, session.Query("SELECT name FROM t ORDER BY name"));
                              while (inner.Next()) ++pairs;
                              EXPECT_NE(outer.Text(0), "");
                            }
                            return absl::OkStatus();
                          }),
              IsOk());
  EXPECT_EQ(pairs, 4);
}

// Questions counts every round trip but the closing of statements.
TEST_F(PoolTest, CostsOneRoundTripAStatement) {
  options_.connections = 1;
  pool_ = Open(options_);
  const auto point = [](Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(Rows rows, session.Query("SELECT name FROM t WHERE id = ?", {int64_t{1}}));
    while (rows.Next()) {
    }
    return absl::OkStatus();
  };
  const std::string questions =
      "SELECT variable_value FROM information_schema.session_status WHERE variable_name = 'Questions'";
  ASSERT_THAT(pool_->Transact(Soon(), point), IsOk());
  Number(questions);
  const int64_t start = Number(questions);
  const int64_t alone = Number(questions) - start;
  ASSERT_THAT(pool_->Read(Soon(), point), IsOk());
  EXPECT_EQ(Number(questions) - start, 3 * alone);
  ASSERT_THAT(pool_->Transact(Soon(), point), IsOk());
  EXPECT_EQ(Number(questions) - start, 7 * alone);
}

TEST_F(PoolTest, SurvivesMoreTextsThanItKeeps) {
  options_.connections = 1;
  pool_ = Open(options_);
  for (int64_t i = 0; i < 600; ++i) ASSERT_EQ(Number(absl::StrCat("SELECT ", i)), i);
}

TEST_F(PoolTest, ServesManyThreads) {
  Run("INSERT INTO t (id, name) VALUES (1, ?)", {"甲"});
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([this] {
      for (int j = 0; j < 20; ++j) {
        EXPECT_THAT(pool_->Transact(Soon(),
                                    [](Tx& tx) -> absl::Status {
                                      ASSIGN_OR_RETURN(Rows rows, tx.Query("SELECT n FROM t WHERE id = 1 FOR UPDATE"));
                                      rows.Next();
                                      return tx.Execute("UPDATE t SET n = ? WHERE id = 1", {rows.Int(0) + 1}).status();
                                    }),
                    IsOk());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Number("SELECT n FROM t"), 240);
}

// A text that is used again and again stays prepared, however many others come by.
TEST_F(PoolTest, KeepsTheStatementsThatWereUsedLast) {
  Options options = options_;
  options.connections = 1;
  const auto pool = Open(options);
  const auto prepares = [](Session& session) -> absl::StatusOr<int64_t> {
    ASSIGN_OR_RETURN(Rows rows, session.Query("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'"));
    rows.Next();
    return rows.Int(1);
  };
  int64_t before = 0;
  int64_t after = 0;
  ASSERT_THAT(pool->Read(Soon(),
                         [&](Session& session) -> absl::Status {
                           ASSIGN_OR_RETURN(before, prepares(session));
                           for (int i = 0; i < 500; ++i) {
                             RETURN_IF_ERROR(session.Query("SELECT n FROM t WHERE id = ?", {int64_t{i}}).status());
                             RETURN_IF_ERROR(session.Query(absl::StrCat("SELECT ", i, " + ?"), {int64_t{1}}).status());
                           }
                           RETURN_IF_ERROR(session.Query("SELECT n FROM t WHERE id = ?", {int64_t{1}}).status());
                           ASSIGN_OR_RETURN(after, prepares(session));
                           return absl::OkStatus();
                         }),
              IsOk());
  // Each of the 500, the one that stayed, and the question itself, which went between.
  EXPECT_EQ(after - before, 502);
}

// Of a server that holds no more statements, each connection gives back its own oldest one.
TEST(PoolOnAFullServer, GivesStatementsBack) {
  testing::Database database;
  metrics::Registry registry;
  Options options = database.CreateSchema();
  options.connections = 1;
  const auto one = *Pool::Create(options, registry);
  const auto other = *Pool::Create(options, registry);
  const auto ask = [](Pool& pool, const std::string& sql) {
    return pool.Read(Soon(), [&](Session& session) { return session.Query(sql, {int64_t{1}}).status(); });
  };
  for (int i = 0; i < 5; ++i) ASSERT_THAT(ask(*other, absl::StrCat("SELECT ", i, " + ?")), IsOk());
  ASSERT_THAT(
      one->Read(Soon(),
                [](Session& session) { return session.Execute("SET GLOBAL max_prepared_stmt_count = 10").status(); }),
      IsOk());
  for (int i = 0; i < 30; ++i) {
    EXPECT_THAT(ask(*one, absl::StrCat("SELECT ", i, " - ?")), IsOk()) << i;
    EXPECT_THAT(ask(*other, absl::StrCat("SELECT ", i, " * ?")), IsOk()) << i;
  }
}

}  // namespace
}  // namespace edudelta::db
