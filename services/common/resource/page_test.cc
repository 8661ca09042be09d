// Pages of rows that are as large as their declaration allows, and larger.
#include <numeric>

#include "common/base/timestamp.h"
#include "common/resource/test_engine.h"
#include "common/rpc/limits.h"
#include "edudelta/planning/v1/plan_task.pb.h"

namespace edudelta::resource {
namespace {

using planning::v1::PlanTask;
using testing::IsOk;

constexpr char kPlan[] = "districts/310114/workPlans/plan";

class PageTest : public ::testing::Test {
 protected:
  // One task with about so many bytes.
  void Insert(size_t bytes) {
    PlanTask task;
    task.set_name(absl::StrCat(kPlan, "/tasks/t", 100 + tasks_.size()));
    task.set_display_name("任务");
    for (size_t i = 0; i < bytes / 1000; ++i) task.add_partners(std::string(1000, 'x'));
    tasks_.push_back(task);
    service_.Insert({&tasks_.back()});
  }

  void Check(const planning::v1::ListPlanTasksResponse& page) {
    EXPECT_TRUE(page.plan_tasks_size() == 1 || page.ByteSizeLong() <= rpc::kPageBytes + 1000) << page.ByteSizeLong();
    for (const PlanTask& task : page.plan_tasks()) found_.push_back(task.name());
  }

  // How many rows each page has.
  std::vector<int> List(int page_size, bool as_of = false) {
    planning::v1::ListPlanTasksRequest request;
    request.set_parent(kPlan);
    request.set_page_size(page_size);
    if (as_of) SetTimestamp(absl::Now() - absl::Seconds(10), request.mutable_read_time());
    std::vector<int> pages;
    do {
      planning::v1::ListPlanTasksResponse page;
      EXPECT_THAT(reader_.List(CallOf(Clerk(), PlanningMethod("ListPlanTasks")), request, &page), IsOk());
      Check(page);
      pages.push_back(page.plan_tasks_size());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    ExpectAllFound();
    return pages;
  }

  std::vector<int> Export() {
    planning::v1::ExportPlanTasksRequest request;
    request.set_parent(kPlan);
    Reader::Exporter exporter = reader_.Export(request);
    std::vector<int> pages;
    planning::v1::ListPlanTasksResponse page;
    absl::StatusOr<bool> more;
    while ((more = exporter.Next(CallOf(Clerk(), PlanningMethod("ExportPlanTasks")), &page)).value_or(false)) {
      Check(page);
      pages.push_back(page.plan_tasks_size());
    }
    EXPECT_THAT(more, IsOk());
    ExpectAllFound();
    return pages;
  }

  void ExpectAllFound() {
    std::vector<std::string> names;
    for (const PlanTask& task : tasks_) names.push_back(task.name());
    EXPECT_EQ(found_, names);
    found_.clear();
  }

  TestService service_{{PlanTask::descriptor()}};
  Reader& reader_ = service_.engine("planning.PlanTask").reader();
  std::deque<PlanTask> tasks_;
  std::vector<std::string> found_;
};

TEST_F(PageTest, EndsAtItsBytes) {
  for (int i = 0; i < 18; ++i) Insert(990000);
  const std::vector<int> pages = {4, 4, 4, 4, 2};
  EXPECT_EQ(List(1000), pages);
  EXPECT_EQ(List(17), pages);
  EXPECT_EQ(List(1000, true), pages);
  EXPECT_EQ(Export(), pages);
  EXPECT_EQ(List(3), (std::vector<int>{3, 3, 3, 3, 3, 3}));
}

TEST_F(PageTest, HasOneRowHoweverLarge) {
  Insert(1000);
  Insert(5000000);
  Insert(5000000);
  Insert(1000);
  Insert(1000);
  const std::vector<int> pages = {1, 1, 1, 2};
  EXPECT_EQ(List(1000), pages);
  EXPECT_EQ(List(5), pages);
  EXPECT_EQ(Export(), pages);
}

TEST_F(PageTest, IsNotCutShortWhereItsRowsAreSmall) {
  for (int i = 0; i < 120; ++i) Insert(2000);
  EXPECT_EQ(List(1000), (std::vector<int>{120}));
  EXPECT_EQ(List(100), (std::vector<int>{100, 20}));
  EXPECT_EQ(Export(), (std::vector<int>{120}));
}

}  // namespace
}  // namespace edudelta::resource
