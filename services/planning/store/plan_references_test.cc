// That the parts of a plan name what is there, in the engine.
#include "common/resource/rules.h"
#include "common/resource/test_engine.h"
#include "edudelta/planning/v1/plan_project.pb.h"
#include "edudelta/planning/v1/plan_section.pb.h"
#include "edudelta/planning/v1/plan_target.pb.h"
#include "edudelta/planning/v1/plan_task.pb.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "edudelta/planning/v1/report_duty.pb.h"
#include "edudelta/planning/v1/work_plan.pb.h"
#include "planning/domain/rules.h"

namespace edudelta::planning {
namespace {

using resource::CallOf;
using resource::Clerk;
using testing::HasReason;
using testing::IsOk;

template <typename T>
resource::Rules Checked() {
  resource::Rules rules;
  rules.check = resource::Checking<T>(&domain::Check);
  return rules;
}

constexpr char kPlan[] = "districts/310114/workPlans/p";
constexpr char kOtherPlan[] = "districts/310114/workPlans/q";

class PlanReferencesTest : public ::testing::Test {
 protected:
  PlanReferencesTest() {
    for (const char* id : {"p", "q"}) {
      v1::CreateWorkPlanRequest request;
      request.set_parent("districts/310114");
      request.set_work_plan_id(id);
      request.mutable_work_plan()->set_display_name("计划");
      *request.mutable_work_plan()->mutable_start_date() = calendar::ToProto(absl::CivilDay(2026, 1, 1));
      *request.mutable_work_plan()->mutable_end_date() = calendar::ToProto(absl::CivilDay(2026, 12, 31));
      EXPECT_THAT(Create<v1::WorkPlan>("WorkPlan", request), IsOk());
    }
  }

  template <typename T, typename Request>
  absl::Status Create(const std::string& type, const Request& request) {
    T made;
    return service_.engine("planning." + type)
        .writer()
        .Create(CallOf(Clerk(), Method("Create" + type)), request, &made);
  }
  static std::string Method(const std::string& name) { return "edudelta.planning.v1.PlanningService." + name; }

  absl::Status CreateSection(const std::string& plan, const std::string& id, const std::string& above) {
    v1::CreatePlanSectionRequest request;
    request.set_parent(plan);
    request.set_plan_section_id(id);
    request.mutable_plan_section()->set_display_name("章节");
    request.mutable_plan_section()->set_parent_section(above);
    return Create<v1::PlanSection>("PlanSection", request);
  }
  absl::Status CreateTask(const std::string& id, const std::string& section) {
    v1::CreatePlanTaskRequest request;
    request.set_parent(kPlan);
    request.set_plan_task_id(id);
    request.mutable_plan_task()->set_display_name("任务");
    request.mutable_plan_task()->set_section(section);
    return Create<v1::PlanTask>("PlanTask", request);
  }
  absl::Status CreateTarget(const std::string& id, const std::string& task) {
    v1::CreatePlanTargetRequest request;
    request.set_parent(kPlan);
    request.set_plan_target_id(id);
    request.mutable_plan_target()->set_indicator("入园率");
    request.mutable_plan_target()->set_value_text("大体相当");
    request.mutable_plan_target()->set_role(v1::PlanTarget::TARGET_ROLE_GOAL);
    request.mutable_plan_target()->set_task(task);
    return Create<v1::PlanTarget>("PlanTarget", request);
  }
  absl::Status CreateProject(const std::string& id, const std::string& task) {
    v1::CreatePlanProjectRequest request;
    request.set_parent(kPlan);
    request.set_plan_project_id(id);
    request.mutable_plan_project()->set_display_name("项目");
    request.mutable_plan_project()->set_task(task);
    return Create<v1::PlanProject>("PlanProject", request);
  }
  absl::Status CreateDuty(const std::string& id, const std::string& task) {
    v1::CreateReportDutyRequest request;
    request.set_parent(kPlan);
    request.set_report_duty_id(id);
    request.mutable_report_duty()->set_display_name("报表");
    request.mutable_report_duty()->set_task(task);
    return Create<v1::ReportDuty>("ReportDuty", request);
  }

  resource::TestService service_{
      {v1::WorkPlan::descriptor(), v1::PlanSection::descriptor(), v1::PlanTask::descriptor(),
       v1::PlanTarget::descriptor(), v1::PlanProject::descriptor(), v1::ReportDuty::descriptor()},
      {{"planning.PlanSection", Checked<v1::PlanSection>()},
       {"planning.PlanTask", Checked<v1::PlanTask>()},
       {"planning.PlanTarget", Checked<v1::PlanTarget>()},
       {"planning.PlanProject", Checked<v1::PlanProject>()},
       {"planning.ReportDuty", Checked<v1::ReportDuty>()}}};
};

TEST_F(PlanReferencesTest, NameWhatIsThereInTheSamePlan) {
  const std::string section = absl::StrCat(kPlan, "/sections/S1");
  const std::string task = absl::StrCat(kPlan, "/tasks/T1");
  ASSERT_THAT(CreateSection(kPlan, "S1", ""), IsOk());
  ASSERT_THAT(CreateSection(kOtherPlan, "S1", ""), IsOk());
  EXPECT_THAT(CreateSection(kPlan, "S2", section), IsOk());
  EXPECT_THAT(CreateSection(kPlan, "S3", section + "x"), HasReason("REFERENCE_NOT_FOUND"));
  EXPECT_THAT(CreateSection(kPlan, "S3", absl::StrCat(kOtherPlan, "/sections/S1")), HasReason("REFERENCE_OTHER_PLAN"));
  EXPECT_THAT(CreateTask("T1", section), IsOk());
  EXPECT_THAT(CreateTask("T2", ""), IsOk());
  for (const std::string& missing : {section + "x", std::string("S1"), task}) {
    EXPECT_THAT(CreateTask("T3", missing), HasReason("REFERENCE_NOT_FOUND")) << missing;
  }
  EXPECT_THAT(CreateTask("T3", absl::StrCat(kOtherPlan, "/sections/S1")), HasReason("REFERENCE_OTHER_PLAN"));
  EXPECT_THAT(CreateTarget("G1", task), IsOk());
  EXPECT_THAT(CreateTarget("G2", task + "x"), HasReason("REFERENCE_NOT_FOUND"));
  EXPECT_THAT(CreateProject("P1", task), IsOk());
  EXPECT_THAT(CreateProject("P2", task + "x"), HasReason("REFERENCE_NOT_FOUND"));
  EXPECT_THAT(CreateDuty("R1", task), IsOk());
  EXPECT_THAT(CreateDuty("R2", task + "x"), HasReason("REFERENCE_NOT_FOUND"));
}

TEST_F(PlanReferencesTest, WhatIsNamedStays) {
  ASSERT_THAT(CreateSection(kPlan, "S1", ""), IsOk());
  ASSERT_THAT(CreateTask("T1", absl::StrCat(kPlan, "/sections/S1")), IsOk());
  v1::DeletePlanSectionRequest request;
  request.set_name(absl::StrCat(kPlan, "/sections/S1"));
  EXPECT_THAT(
      service_.engine("planning.PlanSection").writer().Delete(CallOf(Clerk(), Method("DeletePlanSection")), request),
      HasReason("PLAN_SECTION_IN_USE"));
}

}  // namespace
}  // namespace edudelta::planning
