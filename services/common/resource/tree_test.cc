#include <thread>

#include "common/resource/test_engine.h"
#include "edudelta/planning/v1/plan_section.pb.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "edudelta/planning/v1/work_plan.pb.h"

namespace edudelta::resource {
namespace {

using planning::v1::PlanSection;
using testing::HasReason;
using testing::IsOk;

class TreeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(CreatePlan(service_, "p"), IsOk());
    for (const char* id : {"a", "b", "c", "d"}) {
      planning::v1::CreatePlanSectionRequest request;
      request.set_parent("districts/310114/workPlans/p");
      request.set_plan_section_id(id);
      request.mutable_plan_section()->set_display_name(id);
      PlanSection made;
      ASSERT_THAT(sections().writer().Create(CallOf(Clerk(), PlanningMethod("CreatePlanSection")), request, &made),
                  IsOk());
    }
  }

  Engine& sections() { return service_.engine("planning.PlanSection"); }
  static std::string Name(const std::string& id) { return "districts/310114/workPlans/p/sections/" + id; }

  absl::Status Put(const std::string& id, const std::string& below) {
    planning::v1::UpdatePlanSectionRequest request;
    request.mutable_plan_section()->set_name(Name(id));
    request.mutable_plan_section()->set_parent_section(below.empty() ? "" : Name(below));
    request.mutable_update_mask()->add_paths("parent_section");
    PlanSection changed;
    return sections().writer().Update(CallOf(Clerk(), PlanningMethod("UpdatePlanSection")), request, &changed);
  }

  TestService service_{{planning::v1::WorkPlan::descriptor(), PlanSection::descriptor()}};
};

TEST_F(TreeTest, HasNoCircleOfAnyLength) {
  EXPECT_THAT(Put("a", "a"), HasReason("REFERENCE_CIRCLE"));
  ASSERT_THAT(Put("b", "a"), IsOk());
  EXPECT_THAT(Put("a", "b"), HasReason("REFERENCE_CIRCLE"));
  ASSERT_THAT(Put("c", "b"), IsOk());
  ASSERT_THAT(Put("d", "c"), IsOk());
  EXPECT_THAT(Put("a", "d"), HasReason("REFERENCE_CIRCLE"));
  EXPECT_THAT(Put("b", "d"), HasReason("REFERENCE_CIRCLE"));
  EXPECT_THAT(Put("d", "a"), IsOk()) << "elsewhere in the tree";
  EXPECT_THAT(Put("b", ""), IsOk());
  EXPECT_THAT(Put("a", "b"), IsOk()) << "a circle no more";
}

// What a refused row would have changed is no part of the tree.
TEST_F(TreeTest, AFileMakesNoneThroughARowThatIsRefused) {
  ASSERT_THAT(Put("a", "b"), IsOk());
  std::vector<PlanSection> rows(2);
  rows[0].set_name(Name("a"));
  rows[1].set_name(Name("b"));
  rows[1].set_display_name("b");
  rows[1].set_parent_section(Name("a"));
  const rpc::Call call = CallOf(Clerk(), PlanningMethod("ImportPlanSections"));
  Importer& importer = sections().importer();
  auto checked = importer.Check(call, "districts/310114/workPlans/p", {&rows[0], &rows[1]}, {2, 3});
  ASSERT_THAT(checked, IsOk());
  resource::v1::ImportResponse result;
  ASSERT_THAT(importer.Land(call, v1::IMPORT_MODE_PARTIAL, nullptr, *checked, {}), IsOk());
  Importer::Summarize(*checked, &result);
  ASSERT_EQ(result.errors_size(), 2);
  EXPECT_EQ(result.errors(0).reason(), "FIELD_REQUIRED") << "it has no title";
  EXPECT_EQ(result.errors(1).reason(), "REFERENCE_CIRCLE") << "for a is still below b";
}

TEST_F(TreeTest, SectionsBelowOneAreMadeAtOnce) {
  std::vector<std::thread> clerks;
  for (int i = 0; i < 4; ++i) {
    clerks.emplace_back([&, i] {
      planning::v1::CreatePlanSectionRequest request;
      request.set_parent("districts/310114/workPlans/p");
      request.set_plan_section_id(absl::StrCat("n", i));
      request.mutable_plan_section()->set_display_name("n");
      request.mutable_plan_section()->set_parent_section(Name("a"));
      PlanSection made;
      EXPECT_THAT(sections().writer().Create(CallOf(Clerk(), PlanningMethod("CreatePlanSection")), request, &made),
                  IsOk());
    });
  }
  for (std::thread& clerk : clerks) clerk.join();
}

TEST_F(TreeTest, OneTransactionMakesNoCircleOfItsOwn) {
  std::vector<PlanSection> next(2);
  next[0].set_name(Name("a"));
  next[0].set_parent_section(Name("b"));
  next[1].set_name(Name("b"));
  next[1].set_parent_section(Name("a"));
  std::vector<Verdict> each(2);
  ASSERT_THAT(service_.pool->Transact(
                  Soon(),
                  [&](db::Tx& tx) {
                    return service_.references->CheckRows(tx, sections().table(), {&next[0], &next[1]}, &each);
                  }),
              IsOk());
  EXPECT_THAT(each[0].any, HasReason("REFERENCE_CIRCLE"));
  EXPECT_THAT(each[1].any, HasReason("REFERENCE_CIRCLE"));
}

}  // namespace
}  // namespace edudelta::resource
