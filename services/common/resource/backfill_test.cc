#include "common/resource/backfill.h"

#include <atomic>
#include <thread>

#include "common/base/error.h"
#include "common/resource/test_engine.h"

namespace edudelta::resource {
namespace {

using planning::v1::School;
using testing::HasReason;
using testing::IsOk;

// 250 schools, every fifth of them closed.
class BackfillTest : public ::testing::Test {
 protected:
  BackfillTest() {
    std::vector<School> schools;
    for (int i = 0; i < 250; ++i) {
      schools.push_back(SchoolOf(absl::StrCat("districts/310114/schools/", 2131000000 + i)));
      schools.back().set_state(i % 5 == 0 ? School::STATE_CLOSED : School::STATE_OPEN);
    }
    std::vector<const Message*> views;
    for (const School& school : schools) views.push_back(&school);
    service_.Insert(views);
  }

  absl::StatusOr<bool> Fill(const std::function<absl::Status(Message*)>& change) {
    return FillBatch(CallOf(Clerk(), PlanningMethod("UpdateSchool")), *service_.pool,
                     service_.engine("planning.School"), {"209901010000_name_holders", "planning.School", change});
  }
  std::string Counts() {
    return absl::StrCat(service_.Ask("SELECT COUNT(*) FROM school WHERE version = 2 AND holder = 'new'"), " changed, ",
                        service_.Ask("SELECT COUNT(*) FROM school WHERE version = 1"), " not, ",
                        service_.Ask("SELECT COUNT(*) FROM school_history WHERE holder <> 'new'"), " in history, ",
                        service_.Ask("SELECT COUNT(DISTINCT name) FROM outbox"), " of ",
                        service_.Ask("SELECT COUNT(*) FROM outbox"), " events");
  }

  TestService service_{{School::descriptor()}};
};

absl::Status NameHolder(Message* row) {
  auto* school = static_cast<School*>(row);
  if (school->state() == School::STATE_OPEN) school->set_holder("new");
  return absl::OkStatus();
}

TEST_F(BackfillTest, GivesEachChangedRowAVersionItsHistoryAndItsEvent) {
  EXPECT_EQ(Fill(NameHolder).value_or(true), false);
  EXPECT_EQ(Counts(), "80 changed, 170 not, 80 in history, 80 of 80 events");
  EXPECT_EQ(Fill(NameHolder).value_or(true), false);
  EXPECT_EQ(Fill(NameHolder).value_or(false), true);
  EXPECT_EQ(Counts(), "200 changed, 50 not, 200 in history, 200 of 200 events");
  // Done is done, whatever was written since.
  service_.Run("UPDATE school SET holder = 'old'");
  EXPECT_EQ(Fill(NameHolder).value_or(false), true);
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM school WHERE holder = 'new'"), "0");
}

TEST_F(BackfillTest, GoesOnWhereABatchFailed) {
  ASSERT_THAT(Fill(NameHolder), IsOk());
  int seen = 0;
  EXPECT_THAT(Fill([&](Message* row) {
                if (++seen == 50) return Error(absl::StatusCode::kInternal, "ODD_ROW", "不明");
                return NameHolder(row);
              }),
              HasReason("ODD_ROW"));
  EXPECT_EQ(Counts(), "80 changed, 170 not, 80 in history, 80 of 80 events");
  ASSERT_THAT(Fill(NameHolder), IsOk());
  EXPECT_EQ(Fill(NameHolder).value_or(false), true);
  EXPECT_EQ(Counts(), "200 changed, 50 not, 200 in history, 200 of 200 events");
}

TEST_F(BackfillTest, ChangesEachRowOnceHoweverManyProcessesFill) {
  std::atomic<int> changed{0};
  std::vector<std::thread> processes;
  for (int i = 0; i < 4; ++i) {
    processes.emplace_back([&] {
      for (bool done = false; !done;) {
        const auto batch = Fill([&](Message* row) {
          ++changed;
          return NameHolder(row);
        });
        ASSERT_THAT(batch, IsOk());
        done = *batch;
      }
    });
  }
  for (std::thread& process : processes) process.join();
  EXPECT_EQ(changed, 250);
  EXPECT_EQ(Counts(), "200 changed, 50 not, 200 in history, 200 of 200 events");
}

}  // namespace
}  // namespace edudelta::resource
