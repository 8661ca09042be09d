#include "absl/strings/str_replace.h"
#include "common/resource/test_engine.h"
#include "edudelta/planning/v1/measurement.pb.h"
#include "edudelta/planning/v1/plan_target.pb.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "edudelta/planning/v1/school.pb.h"
#include "edudelta/planning/v1/work_plan.pb.h"

namespace edudelta::resource {
namespace {

using testing::HasReason;
using testing::IsOk;

class ReferencesTest : public ::testing::Test {
 protected:
  absl::StatusOr<planning::v1::PlanTarget> CreateTarget(const std::string& plan, const std::string& id) {
    planning::v1::CreatePlanTargetRequest request;
    request.set_parent(plan);
    request.set_plan_target_id(id);
    request.mutable_plan_target()->set_indicator("入园率");
    request.mutable_plan_target()->set_value("98.5");
    request.mutable_plan_target()->set_role(planning::v1::PlanTarget::TARGET_ROLE_GOAL);
    planning::v1::PlanTarget made;
    RETURN_IF_ERROR(service_.engine("planning.PlanTarget")
                        .writer()
                        .Create(CallOf(Clerk(), PlanningMethod("CreatePlanTarget")), request, &made));
    return made;
  }
  absl::StatusOr<planning::v1::Measurement> Measure(const std::string& target,
                                                    const call::v1::Caller& caller = Clerk()) {
    planning::v1::CreateMeasurementRequest request;
    request.set_parent("districts/310114");
    request.set_measurement_id("m1");
    request.mutable_measurement()->set_target(target);
    request.mutable_measurement()->set_value("1");
    *request.mutable_measurement()->mutable_measure_date() = calendar::ToProto(absl::CivilDay(2026, 1, 1));
    planning::v1::Measurement made;
    RETURN_IF_ERROR(service_.engine("planning.Measurement")
                        .writer()
                        .Create(CallOf(caller, PlanningMethod("CreateMeasurement")), request, &made));
    return made;
  }

  TestService service_{{planning::v1::School::descriptor(), planning::v1::WorkPlan::descriptor(),
                        planning::v1::PlanTarget::descriptor(), planning::v1::Measurement::descriptor()}};
};

TEST_F(ReferencesTest, KeepsReferencesWhole) {
  EXPECT_THAT(CreateTarget("districts/310114/workPlans/none", "t"), HasReason("REFERENCE_NOT_FOUND"));
  const std::string plan = CreatePlan(service_, "p")->name();
  const auto target = CreateTarget(plan, "t");
  ASSERT_THAT(target, IsOk());
  EXPECT_EQ(target->value(), "98.5000");
  EXPECT_THAT(DeletePlan(service_, plan), HasReason("WORK_PLAN_HAS_TARGETS"));
  EXPECT_THAT(Measure("districts/310114/workPlans/p/targets/none"), HasReason("REFERENCE_NOT_FOUND"));
  EXPECT_THAT(Measure("nonsense"), HasReason("REFERENCE_NOT_FOUND"));
  EXPECT_THAT(Measure("districts/320583/workPlans/p/targets/t"), HasReason("REFERENCE_OTHER_DISTRICT"));
  EXPECT_THAT(Measure("districts/310100/workPlans/p/targets/t"), HasReason("REFERENCE_NOT_FOUND")) << "the city's";
  ASSERT_THAT(Measure(target->name()), IsOk());
  planning::v1::DeletePlanTargetRequest request;
  request.set_name(target->name());
  EXPECT_THAT(service_.engine("planning.PlanTarget")
                  .writer()
                  .Delete(CallOf(Clerk(), PlanningMethod("DeletePlanTarget")), request),
              HasReason("PLAN_TARGET_IN_USE"));
}

// A district's rows may name what stands above it, so a city's row goes only when none of its districts' names it.
TEST_F(ReferencesTest, DeletesNothingThatIsNamedFromBelow) {
  planning::v1::PlanTarget target;
  target.set_name("districts/310100/workPlans/p/targets/t");
  planning::v1::Measurement measured;
  measured.set_name("districts/310114/measurements/m");
  measured.set_target(target.name());
  measured.set_value("1");
  service_.Insert({&target});
  service_.Insert({&measured});
  const auto remove = [&](const std::string& name) {
    planning::v1::DeletePlanTargetRequest request;
    request.set_name(name);
    const auto clerk = CallerOf("users/city", {{options::v1::ROLE_BUREAU_CLERK, "districts/310000"}});
    return service_.engine("planning.PlanTarget")
        .writer()
        .Delete(CallOf(clerk, PlanningMethod("DeletePlanTarget")), request);
  };
  EXPECT_THAT(remove(target.name()), HasReason("PLAN_TARGET_IN_USE"));
  service_.Run("UPDATE measurement SET district_id = '310200'");
  EXPECT_THAT(remove(target.name()), IsOk()) << "not of this city";
}

// A row that the caller may not read is as one that is not there, whatever names it.
TEST_F(ReferencesTest, TellsNothingOfWhatStandsAbove) {
  planning::v1::PlanTarget target;
  target.set_name("districts/310100/workPlans/p/targets/t");
  service_.Insert({&target});
  const auto answer = [&](const std::string& name, const call::v1::Caller& caller) {
    const absl::Status status = Measure(name, caller).status();
    return absl::StrCat(ReasonOf(status), FieldOf(status), absl::StrReplaceAll(ChineseOf(status), {{name, "it"}}));
  };
  const std::string missing = "districts/310100/workPlans/p/targets/u";
  EXPECT_THAT(Measure(target.name()), HasReason("REFERENCE_NOT_FOUND"));
  EXPECT_EQ(answer(target.name(), Clerk()), answer(missing, Clerk()));
  auto reader = Clerk();
  auto* above = reader.add_bindings();
  above->set_role(options::v1::ROLE_EVALUATOR);
  above->set_prefix("districts/310100");
  EXPECT_THAT(Measure(missing, reader), HasReason("REFERENCE_NOT_FOUND"));
  ASSERT_THAT(Measure(target.name(), reader), IsOk());
  // What stands there already may stay, and tells no more.
  const auto update = [&](const std::string& named) {
    planning::v1::UpdateMeasurementRequest request;
    request.mutable_measurement()->set_name("districts/310114/measurements/m1");
    request.mutable_measurement()->set_target(named);
    request.mutable_measurement()->set_value("2");
    planning::v1::Measurement changed;
    return service_.engine("planning.Measurement")
        .writer()
        .Update(CallOf(Clerk(), PlanningMethod("UpdateMeasurement")), request, &changed);
  };
  EXPECT_THAT(update(target.name()), IsOk());
}

TEST_F(ReferencesTest, AddsNothingBelowAClosedParent) {
  const std::string plan = CreatePlan(service_, "p")->name();
  auto target = CreateTarget(plan, "t");
  ASSERT_THAT(target, IsOk());
  service_.Run("UPDATE work_plan SET state = 4");
  EXPECT_THAT(CreateTarget(plan, "u"), HasReason("PARENT_CLOSED"));
  planning::v1::BatchCreatePlanTargetsRequest batch;
  batch.set_parent(plan);
  *batch.add_requests()->mutable_plan_target() = *target;
  planning::v1::BatchCreatePlanTargetsResponse made;
  Engine& targets = service_.engine("planning.PlanTarget");
  EXPECT_THAT(targets.writer().BatchCreate(CallOf(Clerk(), PlanningMethod("BatchCreatePlanTargets")), batch, &made),
              HasReason("PARENT_CLOSED"));
  planning::v1::UpdatePlanTargetRequest change;
  change.mutable_plan_target()->set_name(target->name());
  change.mutable_plan_target()->set_indicator("入学率");
  planning::v1::PlanTarget changed;
  EXPECT_THAT(targets.writer().Update(CallOf(Clerk(), PlanningMethod("UpdatePlanTarget")), change, &changed),
              HasReason("PARENT_LOCKED"))
      << "a plan that is closed is locked, too";
  ASSERT_THAT(Measure(target->name()), IsOk()) << "a target is no parent of its measurements, and not closed";
}

// Every table that the annotations give passes the check that runs at start; a missing column does not.
TEST_F(ReferencesTest, ChecksItsSchema) {
  ASSERT_THAT(service_.pool->Read(Soon(),
                                  [&](db::Session& session) {
                                    return service_.engine("planning.School").table().CheckSchema(session);
                                  }),
              IsOk());
  service_.Run("ALTER TABLE school_history DROP COLUMN address");
  EXPECT_THAT(service_.pool->Read(Soon(),
                                  [&](db::Session& session) {
                                    return service_.engine("planning.School").table().CheckSchema(session);
                                  }),
              HasReason("COLUMN_MISSING"));
}

}  // namespace
}  // namespace edudelta::resource
