#include "common/outbox/relay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/outbox/stamp.h"
#include "common/outbox/test_outbox.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"

namespace edudelta::outbox {
namespace {

using testing::HasReason;
using testing::IsOk;

constexpr char kUnpublished[] = "SELECT COUNT(*) FROM outbox WHERE position = 0";
constexpr char kPositions[] = "SELECT position FROM outbox ORDER BY position";

// One claimant without a thread, to take its steps one by one.
struct Claimant {
  Claimant(TestOutbox& outbox, const std::string& owner)
      : outbox(outbox), lease("outbox_relay", owner, absl::Seconds(30)) {}

  bool Take() {
    bool taken = false;
    int64_t epoch = 0;
    EXPECT_THAT(outbox.pool->Transact(Soon(),
                                      [&](db::Tx& tx) -> absl::Status {
                                        ASSIGN_OR_RETURN(taken, lease.Take(tx, &epoch));
                                        return absl::OkStatus();
                                      }),
                IsOk());
    if (taken) lease.Took(epoch);
    return taken;
  }
  std::vector<Unpublished> Read() {
    std::vector<Unpublished> events;
    EXPECT_THAT(outbox.pool->Read(Soon(),
                                  [&](db::Session& session) -> absl::Status {
                                    ASSIGN_OR_RETURN(events, ReadUnpublished(session, 1000));
                                    return absl::OkStatus();
                                  }),
                IsOk());
    return events;
  }
  absl::Status Publish(const std::vector<Unpublished>& events) {
    return outbox.pool->Transact(Soon(), [&](db::Tx& tx) -> absl::Status {
      RETURN_IF_ERROR(lease.Hold(tx));
      return Stamp(tx, events.data(), events.size());
    });
  }

  TestOutbox& outbox;
  Lease lease;
};

TEST(Relay, NumbersPerServiceAndPerDistrictWithoutGaps) {
  TestOutbox outbox;
  outbox.Commit("310114", 1, 3);
  outbox.Commit("320583", 1, 2);
  outbox.Commit("310114", 4, 2);
  auto relay = outbox.MakeRelay();
  relay->Start();
  EXPECT_EQ(outbox.AwaitAnswer(kPositions, "1 2 3 4 5 6 7"), "1 2 3 4 5 6 7");
  outbox.Commit("320583", 3, 1);
  relay->Notify();
  EXPECT_EQ(outbox.AwaitAnswer(kPositions, "1 2 3 4 5 6 7 8"), "1 2 3 4 5 6 7 8");
  EXPECT_EQ(outbox.Ask("SELECT sequence FROM outbox WHERE district = '310114' ORDER BY position"), "1 2 3 4 5");
  EXPECT_EQ(outbox.Ask("SELECT sequence FROM outbox WHERE district = '320583' ORDER BY position"), "1 2 3");
  EXPECT_EQ(outbox.Ask("SELECT name FROM outbox WHERE district = '310114' AND sequence = 4"),
            "districts/310114/schools/4");
  relay->Stop();
  EXPECT_EQ(outbox.registry.Counter("edudelta_outbox_published_total", "").Value(), 8);
}

TEST(Relay, GivesAnEventThatCommitsLateALaterPosition) {
  TestOutbox outbox;
  auto relay = outbox.MakeRelay();
  relay->Start();
  absl::Notification written;
  absl::Notification commit;
  std::thread slow([&] {
    EXPECT_THAT(outbox.pool->Transact(Soon(),
                                      [&](db::Tx& tx) -> absl::Status {
                                        RETURN_IF_ERROR(outbox.AppendSchools(tx, "310114", 1, 1));
                                        written.Notify();
                                        commit.WaitForNotification();
                                        return absl::OkStatus();
                                      }),
                IsOk());
  });
  written.WaitForNotification();
  outbox.Commit("310114", 2, 1);
  EXPECT_EQ(outbox.AwaitAnswer(kPositions, "1"), "1");
  commit.Notify();
  slow.join();
  EXPECT_EQ(outbox.AwaitAnswer(kPositions, "1 2"), "1 2");
  EXPECT_EQ(outbox.Ask("SELECT name FROM outbox ORDER BY position"),
            "districts/310114/schools/2 districts/310114/schools/1");
  EXPECT_EQ(outbox.Ask("SELECT name FROM outbox ORDER BY row_id"),
            "districts/310114/schools/1 districts/310114/schools/2");
}

TEST(Relay, TwoOfThemStampEachEventOnce) {
  TestOutbox outbox;
  auto one = outbox.MakeRelay({.poll = absl::Milliseconds(1)});
  auto two = outbox.MakeRelay({.poll = absl::Milliseconds(1)});
  one->Start();
  two->Start();
  std::vector<std::thread> writers;
  for (int w = 0; w < 3; ++w) {
    writers.emplace_back([&outbox, w] {
      for (int i = 0; i < 20; ++i) outbox.Commit("310114", w * 1000 + i * 10, 10);
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(outbox.AwaitAnswer(kUnpublished, "0"), "0");
  EXPECT_EQ(outbox.Ask("SELECT CONCAT(MIN(position), ' ', MAX(position), ' ', COUNT(*)) FROM outbox"), "1 600 600");
  EXPECT_EQ(outbox.Ask("SELECT CONCAT(MIN(sequence), ' ', MAX(sequence), ' ', COUNT(DISTINCT sequence)) FROM outbox"),
            "1 600 600");
  EXPECT_EQ(outbox.Ask("SELECT epoch FROM lease WHERE name = 'outbox_relay'"), "1");
  // The other goes on when the holder stops.
  one->Stop();
  outbox.Commit("310114", 9000, 1);
  EXPECT_EQ(outbox.AwaitAnswer(kUnpublished, "0"), "0");
  two->Stop();
  outbox.Commit("310114", 9001, 1);
  EXPECT_EQ(outbox.Ask(kUnpublished), "1");
}

TEST(Relay, AHolderThatSleptThroughItsLeaseStampsNothing) {
  TestOutbox outbox;
  outbox.Commit("310114", 1, 3);
  Claimant slept(outbox, "slept");
  Claimant next(outbox, "next");
  ASSERT_TRUE(slept.Take());
  const std::vector<Unpublished> read = slept.Read();
  ASSERT_EQ(read.size(), 3);
  EXPECT_FALSE(next.Take());
  outbox.Run("UPDATE lease SET expire_time = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND");
  ASSERT_TRUE(next.Take());
  EXPECT_THAT(slept.Publish(read), HasReason("LEASE_LOST"));
  EXPECT_EQ(outbox.Ask(kUnpublished), "3");
  EXPECT_THAT(next.Publish(next.Read()), IsOk());
  // An old reading is no way around the guard, even after the lease came back.
  outbox.Run("UPDATE lease SET expire_time = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND");
  ASSERT_TRUE(slept.Take());
  EXPECT_THAT(slept.Publish(read), HasReason("OUTBOX_ROWS_MOVED"));
  EXPECT_EQ(outbox.Ask(kPositions), "1 2 3");
  EXPECT_EQ(outbox.Ask("SELECT sequence FROM feed_counter WHERE dataset = ''"), "3");
}

TEST(Relay, AnOwnerTakesItsLeaseAgainWithANewEpoch) {
  TestOutbox outbox;
  Claimant one(outbox, "one");
  ASSERT_TRUE(one.Take());
  ASSERT_TRUE(one.Take());
  EXPECT_EQ(outbox.Ask("SELECT epoch FROM lease"), "2");
}

TEST(Relay, DatabaseKilledInTheMiddleLosesAndDoublesNothing) {
  testing::Database database(testing::Database::Settings{.durable = true});
  TestOutbox outbox(database);
  for (int i = 0; i < 40; ++i) outbox.Commit("310114", i * 100, 100);
  auto relay = outbox.MakeRelay({.lease = absl::Milliseconds(600), .batch = 50});
  relay->Start();
  while (outbox.Ask("SELECT COUNT(*) > 200 FROM outbox WHERE position > 0") != "1") {
  }
  database.Kill();
  database.Start();
  EXPECT_EQ(outbox.AwaitAnswer(kUnpublished, "0"), "0");
  EXPECT_EQ(outbox.Ask("SELECT CONCAT(MIN(position), ' ', MAX(position), ' ', COUNT(*)) FROM outbox"), "1 4000 4000");
  EXPECT_EQ(outbox.Ask("SELECT CONCAT(MAX(sequence), ' ', COUNT(DISTINCT sequence)) FROM outbox"), "4000 4000");
  relay->Stop();
}

TEST(Relay, DeletesOnlyPublishedEventsThatAreOldEnough) {
  TestOutbox outbox;
  outbox.Commit("310114", 1, 1200);
  outbox.Commit("320583", 1, 2);
  auto relay = outbox.MakeRelay();
  relay->Start();
  ASSERT_EQ(outbox.AwaitAnswer(kUnpublished, "0"), "0");
  relay->Stop();
  outbox.Run("UPDATE outbox SET commit_time = commit_time - INTERVAL 2 DAY WHERE position <= 1201");
  outbox.Commit("310114", 5000, 1);
  outbox.Run("UPDATE outbox SET commit_time = commit_time - INTERVAL 2 DAY WHERE position = 0");
  Claimant claimant(outbox, "test");
  ASSERT_TRUE(claimant.Take());
  std::vector<int64_t> deleted;
  while (deleted.empty() || deleted.back() > 0) {
    ASSERT_THAT(outbox.pool->Transact(Soon(),
                                      [&](db::Tx& tx) -> absl::Status {
                                        ASSIGN_OR_RETURN(const int64_t count,
                                                         DeletePublished(tx, absl::Hours(24), 500));
                                        deleted.push_back(count);
                                        return absl::OkStatus();
                                      }),
                IsOk());
  }
  EXPECT_THAT(deleted, ::testing::ElementsAre(500, 500, 201, 0));
  EXPECT_EQ(outbox.Ask("SELECT position FROM outbox ORDER BY row_id"), "1202 0");
  EXPECT_EQ(outbox.Ask("SELECT deleted_position FROM feed_counter WHERE dataset <> '' ORDER BY district"), "1200 1201");
}

TEST(Relay, RetiresWhileItRuns) {
  TestOutbox outbox;
  outbox.Commit("310114", 1, 1100);
  outbox.Run("UPDATE outbox SET commit_time = commit_time - INTERVAL 2 DAY");
  auto relay = outbox.MakeRelay({.poll = absl::Milliseconds(1), .keep = absl::Hours(24)});
  relay->Start();
  EXPECT_EQ(outbox.AwaitAnswer("SELECT COUNT(*) FROM outbox", "0"), "0");
  EXPECT_EQ(outbox.Ask("SELECT deleted_position FROM feed_counter WHERE dataset <> ''"), "1100");
}

TEST(Relay, TellsWhatWaits) {
  TestOutbox outbox;
  outbox.Commit("310114", 1, 7);
  outbox.Run("UPDATE outbox SET commit_time = commit_time - INTERVAL 1 HOUR");
  Claimant other(outbox, "other");
  ASSERT_TRUE(other.Take());
  auto relay = outbox.MakeRelay();
  relay->Start();
  auto& unpublished = outbox.registry.Gauge("edudelta_outbox_unpublished", "");
  auto& lag = outbox.registry.Gauge("edudelta_outbox_lag_seconds", "");
  for (const absl::Time end = Soon(); lag.Value() == 0 && absl::Now() < end;) absl::SleepFor(absl::Milliseconds(2));
  EXPECT_EQ(unpublished.Value(), 7);
  EXPECT_GE(lag.Value(), 3600);
  EXPECT_FALSE(relay->leads());
  EXPECT_EQ(outbox.registry.Gauge("edudelta_outbox_leader", "").Value(), 0);
}

TEST(Relay, TellsWhetherItLeads) {
  TestOutbox outbox;
  auto& leader = outbox.registry.Gauge("edudelta_outbox_leader", "");
  auto relay = outbox.MakeRelay();
  EXPECT_FALSE(relay->leads());
  relay->Start();
  outbox.Commit("310114", 1, 1);
  EXPECT_EQ(outbox.AwaitAnswer("SELECT COUNT(*) FROM outbox WHERE position > 0", "1"), "1");
  EXPECT_TRUE(relay->leads());
  EXPECT_EQ(leader.Value(), 1);
  relay->Stop();
  EXPECT_FALSE(relay->leads());
  EXPECT_EQ(leader.Value(), 0);
}

}  // namespace
}  // namespace edudelta::outbox
