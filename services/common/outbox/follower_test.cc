#include "common/outbox/follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/outbox/ref_school.h"
#include "common/outbox/test_feed.h"
#include "common/outbox/test_outbox.h"
#include "edudelta/planning/v1/school.pb.h"

namespace edudelta::outbox {
namespace {

using testing::HasReason;
using testing::IsOk;

// Planning with its feed, and another service with a table of schools.
class FollowerTest : public ::testing::Test {
 protected:
  FollowerTest()
      : feed_(planning_), local_(testing::Database::Shared(), db::WithCommonMigrations(RefSchoolMigrations())) {}

  absl::StatusOr<feed::v1::ListEventsResponse> Fetch(const feed::v1::ListEventsRequest& request, absl::Time deadline) {
    ++fetches_;
    return feed_.List(request, rpc::ServiceCaller("teachers"), deadline);
  }
  std::unique_ptr<Follower> Make(Follower::Fetch fetch, Follower::Apply apply = ApplySchool) {
    Follower::Options options;
    options.source = "planning";
    options.dataset = kSchoolDataset;
    options.page = 10;
    options.poll = absl::Milliseconds(1);
    return std::make_unique<Follower>(options, std::move(fetch), std::move(apply), *local_.pool, local_.registry,
                                      local_.logger, local_.clock);
  }
  std::unique_ptr<Follower> Make() {
    return Make([this](const auto& request, absl::Time deadline) { return Fetch(request, deadline); });
  }

  std::string Cursor() { return local_.Ask("SELECT position FROM feed_cursor"); }
  std::string Schools() { return local_.Ask("SELECT COUNT(*) FROM ref_school"); }

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
  EXPECT_EQ(local_.Ask("SELECT CONCAT(district_id, display_name, kind, state) FROM ref_school "
                       "WHERE name = 'districts/310114/schools/7'"),
            "310114第7小学2111");
  ASSERT_THAT(follower->CatchUp(Soon()), IsOk());
  EXPECT_EQ(Cursor(), "25");
}

TEST_F(FollowerTest, UpdatesAndDeletes) {
  planning_.Commit("310114", 1, 2);
  planning::v1::School school = TestOutbox::School("districts/310114/schools/1", "新名小学");
  school.set_state(planning::v1::School::STATE_CLOSED);
  school.mutable_update_time()->set_seconds(1795291200);
  ASSERT_THAT(planning_.pool->Transact(Soon(),
                                       [&](db::Tx& tx) {
                                         return planning_.writer.Append(tx, "2026-11-21 20:00:00.000000",
                                                                        {{.dataset = kSchoolDataset,
                                                                          .district = "310114",
                                                                          .name = school.name(),
                                                                          .kind = feed::v1::Event::KIND_UPDATED,
                                                                          .before = &school,
                                                                          .after = &school},
                                                                         {.dataset = kSchoolDataset,
                                                                          .district = "310114",
                                                                          .name = "districts/310114/schools/2",
                                                                          .kind = feed::v1::Event::KIND_DELETED,
                                                                          .before = &school}});
                                       }),
              IsOk());
  feed_.Publish();
  ASSERT_THAT(Make()->CatchUp(Soon()), IsOk());
  EXPECT_EQ(local_.Ask("SELECT CONCAT(name, ' ', display_name, ' ', state, ' ', update_time) FROM ref_school"),
            "districts/310114/schools/1 新名小学 2 2026-11-21 20:00:00.000000");
}

TEST_F(FollowerTest, AppliesNothingOfAPageThatFailedAndEachEventOnceAfterwards) {
  local_.Run("CREATE TABLE applied (position BIGINT NOT NULL)");
  planning_.Commit("310114", 1, 15);
  feed_.Publish();
  bool fail = true;
  const auto apply = [&](db::Tx& tx, const feed::v1::Event& event) -> absl::Status {
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
  const auto apply = [](db::Tx& tx, const feed::v1::Event& event) {
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
  EXPECT_EQ(local_.AwaitAnswer("SELECT COUNT(*) FROM ref_school", "3"), "3");
  planning_.Commit("310114", 4, 1);
  feed_.Publish();
  EXPECT_EQ(local_.AwaitAnswer("SELECT COUNT(*) FROM ref_school", "4"), "4");
  follower->Stop();
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

TEST_F(FollowerTest, StopsAtWhatIsNoSchool) {
  feed::v1::Event event;
  event.set_kind(feed::v1::Event::KIND_CREATED);
  event.mutable_after()->PackFrom(feed::v1::ListEventsRequest());
  EXPECT_THAT(local_.pool->Transact(Soon(), [&](db::Tx& tx) { return ApplySchool(tx, event); }),
              HasReason("EVENT_PAYLOAD_MALFORMED"));
}

}  // namespace
}  // namespace edudelta::outbox
