// Datasets of other services, by declaration alone: planning's feed, and teachers whose rows name schools.
#include <atomic>

#include "common/describe/declared.h"
#include "common/outbox/test_feed.h"
#include "common/service/test_teachers.h"
#include "edudelta/teachers/v1/staffing_quota.pb.h"
#include "gtest/gtest.h"

namespace edudelta::service {
namespace {

using ::edudelta::testing::HasReason;
using ::edudelta::testing::IsOk;

constexpr char kSchools[] = "planning.School";

// A quota for every school that is made.
absl::Status AllotPosts(Runtime& runtime, const Definition::Arrival& arrival) {
  teachers::v1::StaffingQuota quota;
  quota.set_name(absl::StrCat(arrival.event.name(), "/staffingQuotas/2026"));
  quota.set_school_year(2026);
  return runtime.engine("teachers.StaffingQuota").writer().InsertAll(arrival.call, arrival.tx, arrival.now, {&quota});
}

class FollowTest : public ::testing::Test {
 protected:
  FollowTest() : folder_(TestFolder("teachers")), feed_(planning_, folder_ + "/planning.sock") {}

  void Start(const Definition& definition) {
    server_ = std::make_unique<TestServer>(definition, testing::Database::Shared(), nullptr, folder_);
  }
  absl::Status CatchUp() { return server_->runtime().CatchUp(kSchools, outbox::Soon()); }
  std::string Counts() {
    return absl::StrCat(server_->Ask("SELECT COUNT(*) FROM ref_school"), " schools, ",
                        server_->Ask("SELECT COUNT(*) FROM staffing_quota"), " quotas, ",
                        server_->Ask("SELECT COUNT(*) FROM outbox WHERE dataset = 'teachers.StaffingQuota'"),
                        " events");
  }

  outbox::TestOutbox planning_;
  const std::string folder_;
  outbox::TestFeed feed_;
  std::unique_ptr<TestServer> server_;
};

TEST_F(FollowTest, MakesRowsOfItsOwnOnceForEachEvent) {
  Definition definition = Teachers();
  definition.follow = {{kSchools, AllotPosts}};
  planning_.Commit("310114", 1, 3);
  feed_.Publish();
  Start(definition);
  ASSERT_THAT(CatchUp(), IsOk());
  EXPECT_EQ(Counts(), "3 schools, 3 quotas, 3 events");
  EXPECT_EQ(server_->Ask("SELECT CONCAT(version, ' ', school_id) FROM staffing_quota WHERE school_id = '2'"), "1 2");
  // As when the copy gets a further column.
  Must(server_->Execute("DELETE FROM ref_school"));
  Must(server_->Execute("UPDATE feed_cursor SET position = 0"));
  ASSERT_THAT(CatchUp(), IsOk());
  EXPECT_EQ(Counts(), "3 schools, 3 quotas, 3 events");
  EXPECT_EQ(server_->Ask("SELECT CONCAT(position, ' ', handled) FROM feed_cursor"), "3 3");
}

TEST_F(FollowTest, CommitsRowsWithTheFeedsPlaceOrNotAtAll) {
  std::atomic<bool> fails = true;
  Definition definition = Teachers();
  definition.follow = {{kSchools, [&](Runtime& runtime, const Definition::Arrival& arrival) -> absl::Status {
                          const absl::Status made = AllotPosts(runtime, arrival);
                          if (!made.ok() || !fails || arrival.event.position() < 3) return made;
                          return Refused("TEST_FAILURE", "");
                        }}};
  planning_.Commit("310114", 1, 3);
  feed_.Publish();
  Start(definition);
  EXPECT_THAT(CatchUp(), HasReason("TEST_FAILURE"));
  EXPECT_EQ(Counts(), "0 schools, 0 quotas, 0 events");
  fails = false;
  ASSERT_THAT(CatchUp(), IsOk());
  EXPECT_EQ(Counts(), "3 schools, 3 quotas, 3 events");
}

absl::Status Build(const Definition& definition) {
  Runtime runtime(definition, config::Common(), {});
  return runtime.Build(false);
}

TEST(Declarations, SayWhatIsFollowed) {
  const auto followed = describe::FollowedBy(*describe::FindService("teachers"));
  ASSERT_THAT(followed, IsOk());
  ASSERT_EQ(followed->size(), 1u);
  EXPECT_EQ(followed->front().dataset, kSchools);
  EXPECT_EQ(followed->front().source, "planning");
  EXPECT_EQ(followed->front().table, "ref_school");
  EXPECT_THAT(*describe::FollowedBy(*describe::FindService("planning")), ::testing::IsEmpty());
  EXPECT_THAT(PeersOf("teachers"), ::testing::ElementsAre("planning"));
  EXPECT_THAT(PeersOf("planning"), ::testing::ElementsAre("facilities", "teachers"));
}

TEST(Declarations, StopTheStartWhenTheyAreWrong) {
  Definition teachers = Teachers();
  EXPECT_THAT(Build(teachers), IsOk());
  teachers.follow = {{"planning.WorkPlan", AllotPosts}};
  EXPECT_THAT(Build(teachers), HasReason("SERVICE_DECLARATION")) << "nothing of teachers names a plan";
  Definition planning;
  planning.name = "planning";
  EXPECT_THAT(Build(planning), HasReason("ASK_DECLARATION")) << "facilities is not there";
}

}  // namespace
}  // namespace edudelta::service
