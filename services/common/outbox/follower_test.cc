#include "common/outbox/follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/outbox/test_feed.h"
#include "common/outbox/test_outbox.h"
#include "edudelta/planning/v1/school.pb.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"

namespace edudelta::outbox {
namespace {

using testing::HasReason;
using testing::IsOk;

constexpr char kSchoolDataset[] = "planning.School";

absl::Status ApplySchool(db::Tx& tx, const feed::v1::Event& event, Follower::Turn) {
  return tx.Execute("INSERT INTO school (name) VALUES (?) ON DUPLICATE KEY UPDATE name = name", {event.name()})
      .status();
}

// Planning with its feed, and another service with a table of schools.
class FollowerTest : public ::testing::Test {
 protected:
  FollowerTest() : feed_(planning_) { local_.Run("CREATE TABLE school (name VARCHAR(255) PRIMARY KEY)"); }

  absl::StatusOr<feed::v1::ListEventsResponse> Fetch(const feed::v1::ListEventsRequest& request, absl::Time deadline) {
    ++fetches_;
    return feed_.List(request, rpc::ServiceCaller("teachers"), deadline);
  }
  static absl::Status EmptySchools(db::Tx& tx) { return tx.Execute("DELETE FROM school").status(); }
  std::unique_ptr<Follower> Make(Follower::Fetch fetch, Follower::Apply apply = ApplySchool) {
    Follower::Options options;
    options.source = "planning";
    options.dataset = kSchoolDataset;
    options.page = 10;
    options.poll = absl::Milliseconds(1);
    return std::make_unique<Follower>(options, std::move(fetch), std::move(apply), EmptySchools, *local_.pool,
                                      local_.registry, local_.logger, local_.clock);
  }
  std::unique_ptr<Follower> Make() {
    return Make([this](const auto& request, absl::Time deadline) { return Fetch(request, deadline); });
  }

  std::string Cursor() { return local_.Ask("SELECT position FROM feed_cursor"); }
  std::string Schools() { return local_.Ask("SELECT COUNT(*) FROM school"); }

  TestOutbox planning_;
  TestFeed feed_;
  TestOutbox local_;
  std::atomic<int> fetches_ = 0;
};

TEST_F(FollowerTest, CatchesUpPageByPage) {
  planning_.Commit("310114", 1, 25);
  feed_.Publish();
  auto follower = Make();
  ASSERT_THAT(follower->CatchUp(Soon()), IsOk());
  EXPECT_EQ(Schools(), "25");
  EXPECT_EQ(Cursor(), "25");
  ASSERT_THAT(follower->CatchUp(Soon()), IsOk());
  EXPECT_EQ(Cursor(), "25");
}

TEST_F(FollowerTest, AppliesNothingOfAPageThatFailedAndEachEventOnceAfterwards) {
  local_.Run("CREATE TABLE applied (position BIGINT NOT NULL)");
  planning_.Commit("310114", 1, 15);
  feed_.Publish();
  bool fail = true;
  const auto apply = [&](db::Tx& tx, const feed::v1::Event& event, Follower::Turn) -> absl::Status {
    RETURN_IF_ERROR(tx.Execute("INSERT INTO applied VALUES (?)", {event.position()}).status());
    // As if the process were killed between the rows and the commit.
    return fail && event.position() == 14 ? Refused("TEST_FAILURE", "") : absl::OkStatus();
  };
  auto follower = Make([this](const auto& request, absl::Time deadline) { return Fetch(request, deadline); }, apply);
  EXPECT_THAT(follower->CatchUp(Soon()), HasReason("TEST_FAILURE"));
  EXPECT_EQ(Cursor(), "10");
  EXPECT_EQ(local_.Ask("SELECT COUNT(*) FROM applied"), "10");
  fail = false;
  ASSERT_THAT(follower->CatchUp(Soon()), IsOk());
  EXPECT_EQ(local_.Ask("SELECT CONCAT(COUNT(*), ' ', COUNT(DISTINCT position)) FROM applied"), "15 15");
}

TEST_F(FollowerTest, APageFetchedBeforeAnotherProcessAppliedItCountsOnce) {
  local_.Run("CREATE TABLE applied (position BIGINT NOT NULL)");
  planning_.Commit("310114", 1, 5);
  feed_.Publish();
  const auto apply = [](db::Tx& tx, const feed::v1::Event& event, Follower::Turn) {
    return tx.Execute("INSERT INTO applied VALUES (?)", {event.position()}).status();
  };
  const auto plain = [this](const auto& request, absl::Time deadline) { return Fetch(request, deadline); };
  auto other = Make(plain, apply);
  // The other process applies the page, and one event more, after this one has fetched it.
  bool first = true;
  auto follower = Make(
      [&](const feed::v1::ListEventsRequest& request, absl::Time deadline) {
        auto page = Fetch(request, deadline);
        if (first) {
          first = false;
          planning_.Commit("310114", 6, 1);
          feed_.Publish();
          EXPECT_THAT(other->CatchUp(Soon()), IsOk());
        }
        return page;
      },
      apply);
  ASSERT_THAT(follower->CatchUp(Soon()), IsOk());
  EXPECT_EQ(local_.Ask("SELECT position FROM applied ORDER BY position"), "1 2 3 4 5 6");
  EXPECT_EQ(Cursor(), "6");
}

TEST_F(FollowerTest, FollowsInTheBackgroundAndSurvivesFailures) {
  std::atomic<bool> down = true;
  auto follower = Make([&](const auto& request, absl::Time deadline) -> absl::StatusOr<feed::v1::ListEventsResponse> {
    if (down) return Error(absl::StatusCode::kUnavailable, "SERVICE_UNAVAILABLE", "");
    return Fetch(request, deadline);
  });
  follower->Start();
  planning_.Commit("310114", 1, 3);
  feed_.Publish();
  EXPECT_THAT(follower->CatchUp(Soon()), HasReason("SERVICE_UNAVAILABLE"));
  EXPECT_EQ(Schools(), "0");
  down = false;
  EXPECT_EQ(local_.AwaitAnswer("SELECT COUNT(*) FROM school", "3"), "3");
  planning_.Commit("310114", 4, 1);
  feed_.Publish();
  EXPECT_EQ(local_.AwaitAnswer("SELECT COUNT(*) FROM school", "4"), "4");
  follower->Stop();
}

TEST_F(FollowerTest, TellsForHowLongSomethingMayBeMissing) {
  bool down = true, full = true;
  auto follower = Make(
      [&](const auto& request, absl::Time deadline) -> absl::StatusOr<feed::v1::ListEventsResponse> {
        if (down) return Error(absl::StatusCode::kUnavailable, "SERVICE_UNAVAILABLE", "");
        return Fetch(request, deadline);
      },
      [&](db::Tx& tx, const feed::v1::Event& event, Follower::Turn turn) {
        return full ? Error(absl::StatusCode::kInternal, "DATABASE_FULL", "") : ApplySchool(tx, event, turn);
      });
  auto& lag =
      local_.registry.Gauge("edudelta_follower_lag_seconds", "", {{"source", "planning"}, {"dataset", kSchoolDataset}});
  EXPECT_EQ(lag.Value(), 0);
  EXPECT_THAT(follower->CatchUp(Soon()), HasReason("SERVICE_UNAVAILABLE"));
  const double away = lag.Value();
  EXPECT_GT(away, 0);
  down = false;
  planning_.Commit("310114", 1, 1);
  feed_.Publish();
  EXPECT_THAT(follower->CatchUp(Soon()), HasReason("DATABASE_FULL"));
  EXPECT_GT(lag.Value(), away);
  full = false;
  EXPECT_THAT(follower->CatchUp(Soon()), IsOk());
  EXPECT_EQ(lag.Value(), 0);
}

// As when a row is made, and another that names it in the moment after.
TEST_F(FollowerTest, WaitsForWhatIsCommittedAndNotYetPublished) {
  int fetches = 0;
  bool publishes = false;
  auto follower = Make([&](const auto& request, absl::Time deadline) {
    if (publishes && ++fetches == 3) feed_.Publish();
    return Fetch(request, deadline);
  });
  planning_.Commit("310114", 1, 1);
  // Between two fetches or within one.
  EXPECT_TRUE(absl::IsDeadlineExceeded(follower->CatchUp(absl::Now() + absl::Milliseconds(100))));
  EXPECT_EQ(Schools(), "0");
  publishes = true;
  EXPECT_THAT(follower->CatchUp(Soon()), IsOk());
  EXPECT_EQ(Schools(), "1");
  EXPECT_EQ(fetches, 4) << "the last one finds nothing more";
  // What comes later is not waited for.
  planning_.Commit("310114", 2, 1);
  fetches = 0;
  auto behind = Make([&](const auto& request, absl::Time deadline) {
    if (++fetches == 2) {
      feed_.Publish();
      planning_.Commit("310114", 3, 1);
    }
    return Fetch(request, deadline);
  });
  EXPECT_THAT(behind->CatchUp(Soon()), IsOk());
  EXPECT_EQ(Schools(), "2");
}

TEST_F(FollowerTest, ConcurrentCallersShareAPullThatBeganAfterThem) {
  absl::Notification in_fetch;
  absl::Notification go_on;
  std::atomic<int> fetches = 0;
  auto follower = Make([&](const auto& request, absl::Time deadline) {
    auto page = feed_.List(request, rpc::ServiceCaller("teachers"), deadline);
    if (++fetches == 1) {
      in_fetch.Notify();
      go_on.WaitForNotification();
    }
    return page;
  });
  std::thread early([&] { EXPECT_THAT(follower->CatchUp(Soon()), IsOk()); });
  in_fetch.WaitForNotification();
  // The first pull has its (empty) answer; the callers below know of this school.
  planning_.Commit("310114", 1, 1);
  feed_.Publish();
  std::vector<std::thread> callers;
  for (int i = 0; i < 6; ++i) {
    callers.emplace_back([&] {
      EXPECT_THAT(follower->CatchUp(Soon()), IsOk());
      EXPECT_EQ(Schools(), "1");
    });
  }
  EXPECT_THAT(follower->CatchUp(absl::Now()), HasReason("FEED_TIMEOUT"));
  go_on.Notify();
  early.join();
  for (std::thread& caller : callers) caller.join();
}

// A copy that is filled once more sees every event again, and what they caused is not caused again.
TEST_F(FollowerTest, TellsWhichEventsItAppliesAgain) {
  local_.Run("CREATE TABLE applied (position BIGINT NOT NULL, first BOOL NOT NULL)");
  const auto apply = [](db::Tx& tx, const feed::v1::Event& event, Follower::Turn turn) {
    return tx.Execute("INSERT INTO applied VALUES (?, ?)", {event.position(), int64_t{turn == Follower::Turn::kFirst}})
        .status();
  };
  planning_.Commit("310114", 1, 12);
  feed_.Publish();
  bool reset = false;
  auto follower = Make(
      [&](const feed::v1::ListEventsRequest& request, absl::Time deadline) {
        auto page = Fetch(request, deadline);
        // While a page is on its way.
        if (std::exchange(reset, false)) local_.Run("UPDATE feed_cursor SET position = 0");
        return page;
      },
      apply);
  ASSERT_THAT(follower->CatchUp(Soon()), IsOk());
  EXPECT_EQ(local_.Ask("SELECT CONCAT(COUNT(*), ' ', SUM(first)) FROM applied"), "12 12");
  planning_.Commit("310114", 13, 1);
  feed_.Publish();
  reset = true;
  ASSERT_THAT(follower->CatchUp(Soon()), IsOk());
  EXPECT_EQ(local_.Ask("SELECT CONCAT(COUNT(*), ' ', SUM(first)) FROM applied"), "25 13");
  EXPECT_EQ(local_.Ask("SELECT CONCAT(position, ' ', handled) FROM feed_cursor"), "13 13");
}

// The source's database is an older one, in which events up to 3 alone are known.
void SetBack(TestOutbox& outbox) {
  outbox.Run("DELETE FROM outbox WHERE position > 3");
  outbox.Run("UPDATE feed_counter SET sequence = 3");
}

TEST_F(FollowerTest, BeginsAnewWhenTheSourceWasSetBack) {
  local_.Run("CREATE TABLE applied (position BIGINT NOT NULL, first BOOL NOT NULL)");
  const auto apply = [](db::Tx& tx, const feed::v1::Event& event, Follower::Turn turn) -> absl::Status {
    RETURN_IF_ERROR(
        tx.Execute("INSERT INTO applied VALUES (?, ?)", {event.position(), int64_t{turn == Follower::Turn::kFirst}})
            .status());
    return ApplySchool(tx, event, turn);
  };
  const auto fetch = [this](const auto& request, absl::Time deadline) { return Fetch(request, deadline); };
  auto follower = Make(fetch, apply);
  planning_.Commit("310114", 1, 6);
  feed_.Publish();
  ASSERT_THAT(follower->CatchUp(Soon()), IsOk());
  EXPECT_EQ(Schools(), "6");
  SetBack(planning_);
  ASSERT_THAT(follower->CatchUp(Soon()), IsOk());
  EXPECT_EQ(Schools(), "3") << "what is no more";
  EXPECT_EQ(Cursor(), "3");
  EXPECT_EQ(local_.Ask("SELECT GROUP_CONCAT(first ORDER BY position, first DESC) FROM applied"), "1,0,1,0,1,0,1,1,1");
  // The positions are given to others now.
  planning_.Commit("310114", 11, 3);
  feed_.Publish();
  ASSERT_THAT(follower->CatchUp(Soon()), IsOk());
  EXPECT_EQ(local_.Ask("SELECT SUBSTRING_INDEX(name, '/', -1) FROM school ORDER BY name"), "1 11 12 13 2 3");
  EXPECT_EQ(local_.Ask("SELECT GROUP_CONCAT(first) FROM applied WHERE position > 3"), "1,1,1,1,1,1")
      << "what is new has its effect";
  const metrics::Labels labels = {{"source", "planning"}, {"dataset", kSchoolDataset}};
  EXPECT_EQ(local_.registry.Counter("edudelta_feed_restarts_total", "", labels).Value(), 1);
}

// When it was asked again only after it had come as far as before.
TEST_F(FollowerTest, KnowsASourceThatWasSetBackByTheEventWhereItStands) {
  auto follower = Make();
  planning_.Commit("310114", 1, 6);
  feed_.Publish();
  ASSERT_THAT(follower->CatchUp(Soon()), IsOk());
  SetBack(planning_);
  planning_.Commit("310114", 11, 5);
  feed_.Publish();
  ASSERT_THAT(follower->CatchUp(Soon()), IsOk());
  EXPECT_EQ(local_.Ask("SELECT SUBSTRING_INDEX(name, '/', -1) FROM school ORDER BY name"), "1 11 12 13 14 15 2 3");
  EXPECT_EQ(Cursor(), "8");
}

// A program of the release before moves the position alone.
TEST_F(FollowerTest, TakesAPositionWithoutItsEvent) {
  auto follower = Make();
  planning_.Commit("310114", 1, 6);
  feed_.Publish();
  ASSERT_THAT(follower->CatchUp(Soon()), IsOk());
  planning_.Commit("310114", 7, 2);
  feed_.Publish();
  local_.Run("UPDATE feed_cursor SET position = 7");
  ASSERT_THAT(follower->CatchUp(Soon()), IsOk());
  EXPECT_EQ(Schools(), "7") << "8 alone was read";
  EXPECT_EQ(Cursor(), "8");
}

}  // namespace
}  // namespace edudelta::outbox
