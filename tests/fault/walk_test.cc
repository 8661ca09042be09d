#include "tests/fault/walk.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/codes/code_sets.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fault/registers.h"

namespace edudelta::fault {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> NamesOf(const Kind& kind) {
  std::vector<std::string> names;
  for (const Step& step : kind.steps)
    names.push_back(absl::StrCat(step.transition->method->name(), step.actor == 0 ? "" : " by the other"));
  return names;
}

// Whatever follows of declarations: the states allow each step, and none that people may take is left out.
TEST(Walk, TakesEveryStepOfEveryWorkflow) {
  const Registers registers;
  int steps = 0;
  for (const std::string& service : registers.Services()) {
    for (const Kind* kind : registers.Of(service)) {
      const MessagePtr row = NewMessage(kind->type);
      resource::StartStates(row.get(), kind->taken);
      std::set<const resource::Transition*> left;
      for (const resource::Transition& one : kind->taken) {
        if (one.options->role(0) != options::v1::ROLE_SERVICE) left.insert(&one);
      }
      for (const Step& step : kind->steps) {
        const resource::Transition& one = *step.transition;
        const int now = row->GetReflection()->GetEnumValue(*row, one.field);
        EXPECT_THAT(one.from, AnyOf(IsEmpty(), Contains(now))) << one.method->full_name();
        row->GetReflection()->SetEnumValue(row.get(), one.field, one.to);
        left.erase(&one);
        ++steps;
      }
      EXPECT_THAT(left, IsEmpty()) << kind->type->full_name();
    }
  }
  EXPECT_GT(steps, 20);
}

TEST(Walk, GoesBackBeforeItGoesOn) {
  EXPECT_THAT(
      NamesOf(Registers().Find("safety.Hazard")),
      ElementsAre("GradeHazard", "AssignHazard", "ReassignHazard", "WithdrawHazardAssignment",
                  "VoidHazard by the other", "RestoreHazard", "ListHazardForSupervision", "LiftHazardSupervision",
                  "GradeHazard", "AssignHazard", "StartHazardRectification", "RequestHazardExtension",
                  "RejectHazardExtension", "ExtendHazard", "RequestHazardRecheck", "RejectHazardRecheck by the other",
                  "RequestHazardRecheck", "PassHazardRecheck by the other", "CloseHazard", "ArchiveHazard"));
}

TEST(Walk, LeavesForLastWhatEndsTheRow) {
  EXPECT_THAT(NamesOf(Registers().Find("exchange.Agreement")),
              ElementsAre("ProposeAgreement", "SignAgreement", "CountersignAgreement by the other", "SuspendAgreement",
                          "ResumeAgreement", "RevokeAgreement"));
}

}  // namespace
}  // namespace edudelta::fault
