// What stands as it is once it is approved, published or closed, and how it is put right.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/calendar/days.h"
#include "common/service/testing.h"
#include "common/testing/matchers.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "planning/api/definition.h"

namespace edudelta::planning::api {
namespace {

using testing::HasReason;
using testing::IsOk;

constexpr char kDistrict[] = "districts/310114";

call::v1::Caller Clerk(const std::string& user = "clerk", const std::string& prefix = kDistrict) {
  return service::UserOf("jiading", user, options::v1::ROLE_BUREAU_CLERK, prefix);
}

class StandingTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { node = new service::TestServer(MakeDefinition()); }
  static void TearDownTestSuite() { delete node; }

  template <typename Answer = google::protobuf::Empty, typename Request>
  absl::Status Ask(const std::string& method, const Request& request, const call::v1::Caller& caller = Clerk()) {
    Answer answer;
    return node->Call(caller, method, request, &answer);
  }

  static service::TestServer* node;
};

service::TestServer* StandingTest::node = nullptr;

class WorkPlanTest : public StandingTest {
 protected:
  // A draft plan with one target, whose measurement is 9.5.
  void SetUp() override {
    static int number = 0;
    const std::string id = absl::StrCat("p", ++number);
    plan_ = absl::StrCat(kDistrict, "/workPlans/", id);
    target_ = absl::StrCat(plan_, "/targets/t");
    v1::CreateWorkPlanRequest plan;
    plan.set_parent(kDistrict);
    plan.set_work_plan_id(id);
    plan.mutable_work_plan()->set_display_name("年度要点");
    *plan.mutable_work_plan()->mutable_start_date() = calendar::ToProto(absl::CivilDay(2025, 1, 1));
    *plan.mutable_work_plan()->mutable_end_date() = calendar::ToProto(absl::CivilDay(2025, 12, 31));
    ASSERT_THAT(Ask<v1::WorkPlan>("CreateWorkPlan", plan), IsOk());
    v1::CreatePlanTargetRequest target;
    target.set_parent(plan_);
    target.set_plan_target_id("t");
    target.mutable_plan_target()->set_indicator("达标率");
    target.mutable_plan_target()->set_value("10");
    target.mutable_plan_target()->set_operator_(v1::PlanTarget::OPERATOR_AT_LEAST);
    target.mutable_plan_target()->set_role(v1::PlanTarget::TARGET_ROLE_GOAL);
    ASSERT_THAT(Ask<v1::PlanTarget>("CreatePlanTarget", target), IsOk());
    ASSERT_THAT(Measure("m" + id), IsOk());
    measurement_ = absl::StrCat(kDistrict, "/measurements/m", id);
  }

  template <typename Request>
  absl::Status Take(const std::string& method, Request request, const call::v1::Caller& caller = Clerk()) {
    request.set_name(plan_);
    return Ask<v1::WorkPlan>(method, request, caller);
  }
  absl::Status Approve() { return Take("ApproveWorkPlan", v1::ApproveWorkPlanRequest()); }
  absl::Status Publish() { return Take("PublishWorkPlan", v1::PublishWorkPlanRequest()); }
  absl::Status Close() { return Take("CloseWorkPlan", v1::CloseWorkPlanRequest()); }

  absl::Status Measure(const std::string& id) {
    v1::CreateMeasurementRequest request;
    request.set_parent(kDistrict);
    request.set_measurement_id(id);
    request.mutable_measurement()->set_target(target_);
    request.mutable_measurement()->set_value("9.5");
    *request.mutable_measurement()->mutable_measure_date() = calendar::ToProto(absl::CivilDay(2025, 6, 1));
    return Ask<v1::Measurement>("CreateMeasurement", request);
  }
  absl::Status Correct(const std::string& value) {
    v1::UpdateMeasurementRequest request;
    request.mutable_measurement()->set_name(measurement_);
    request.mutable_measurement()->set_value(value);
    request.mutable_update_mask()->add_paths("value");
    return Ask<v1::Measurement>("UpdateMeasurement", request);
  }
  absl::Status SetTarget(const std::string& value) {
    v1::UpdatePlanTargetRequest request;
    request.mutable_plan_target()->set_name(target_);
    request.mutable_plan_target()->set_value(value);
    request.mutable_update_mask()->add_paths("value");
    return Ask<v1::PlanTarget>("UpdatePlanTarget", request);
  }
  absl::Status AddTask() {
    v1::CreatePlanTaskRequest request;
    request.set_parent(plan_);
    request.mutable_plan_task()->set_display_name("任务");
    return Ask<v1::PlanTask>("CreatePlanTask", request);
  }
  absl::Status RemoveTarget() {
    v1::DeletePlanTargetRequest request;
    request.set_name(target_);
    return Ask("DeletePlanTarget", request);
  }
  absl::Status MoveEnd() {
    v1::UpdateWorkPlanRequest request;
    request.mutable_work_plan()->set_name(plan_);
    *request.mutable_work_plan()->mutable_end_date() = calendar::ToProto(absl::CivilDay(2026, 12, 31));
    request.mutable_update_mask()->add_paths("end_date");
    return Ask<v1::WorkPlan>("UpdateWorkPlan", request);
  }

  std::string plan_, target_, measurement_;
};

TEST_F(WorkPlanTest, StandsWithItsPartsFromItsApproval) {
  EXPECT_THAT(AddTask(), IsOk());
  EXPECT_THAT(SetTarget("11"), IsOk());
  const std::pair<const char*, std::function<absl::Status()>> steps[] = {
      {"WORK_PLAN_APPROVED", [this] { return Approve(); }},
      {"WORK_PLAN_PUBLISHED", [this] { return Publish(); }},
      {"WORK_PLAN_CLOSED", [this] { return Close(); }}};
  for (const auto& [reason, take] : steps) {
    ASSERT_THAT(take(), IsOk());
    EXPECT_THAT(SetTarget("5"), HasReason("PARENT_LOCKED")) << reason;
    EXPECT_THAT(SetTarget("11"), IsOk()) << "what is so already";
    EXPECT_THAT(AddTask(), HasReason(reason == std::string("WORK_PLAN_CLOSED") ? "PARENT_CLOSED" : "PARENT_LOCKED"));
    EXPECT_THAT(RemoveTarget(), HasReason("PARENT_LOCKED")) << reason;
    EXPECT_THAT(MoveEnd(), HasReason(reason));
    v1::DeleteWorkPlanRequest request;
    request.set_name(plan_);
    EXPECT_FALSE(Ask("DeleteWorkPlan", request).ok()) << reason;
  }
}

TEST_F(WorkPlanTest, ChangesInADraftAgain) {
  ASSERT_THAT(Approve(), IsOk());
  ASSERT_THAT(Publish(), IsOk());
  v1::ReviseWorkPlanRequest revise;
  EXPECT_THAT(Take("ReviseWorkPlan", revise), HasReason("FIELD_REQUIRED")) << "why is not said";
  revise.set_note("年中调整");
  ASSERT_THAT(Take("ReviseWorkPlan", revise), IsOk());
  EXPECT_THAT(SetTarget("5"), IsOk());
  EXPECT_THAT(MoveEnd(), IsOk());
}

TEST_F(WorkPlanTest, IsMeasuredUntilItIsClosed) {
  ASSERT_THAT(Approve(), IsOk());
  ASSERT_THAT(Publish(), IsOk());
  EXPECT_THAT(Correct("9.9999"), IsOk());
  ASSERT_THAT(Close(), IsOk());
  EXPECT_THAT(Correct("10"), HasReason("WORK_PLAN_CLOSED"));
  EXPECT_THAT(Measure("late"), HasReason("WORK_PLAN_CLOSED"));
  v1::DeleteMeasurementRequest request;
  request.set_name(measurement_);
  EXPECT_THAT(Ask("DeleteMeasurement", request), HasReason("WORK_PLAN_CLOSED"));
}

TEST_F(WorkPlanTest, IsReopenedByAnotherPersonWhoSaysWhy) {
  ASSERT_THAT(Approve(), IsOk());
  ASSERT_THAT(Publish(), IsOk());
  ASSERT_THAT(Close(), IsOk());
  v1::ReopenWorkPlanRequest reopen;
  EXPECT_THAT(Take("ReopenWorkPlan", reopen, Clerk("other")), HasReason("FIELD_REQUIRED"));
  reopen.set_note("误办结");
  EXPECT_THAT(Take("ReopenWorkPlan", reopen), HasReason("SAME_ACTOR"));
  EXPECT_THAT(Take("ReopenWorkPlan", reopen, Clerk("other")), IsOk());
  EXPECT_THAT(Correct("10"), IsOk());
  EXPECT_THAT(SetTarget("5"), HasReason("PARENT_LOCKED"));
}

class SchoolTest : public StandingTest {
 protected:
  SchoolTest() {
    static int number = 0;
    const std::string id = absl::StrCat("213100", 1000 + ++number);
    school_ = absl::StrCat(kDistrict, "/schools/", id);
    v1::CreateSchoolRequest request;
    request.set_parent(kDistrict);
    request.set_school_id(id);
    request.mutable_school()->set_display_name("一小");
    request.mutable_school()->set_kind("211");
    request.mutable_school()->set_holder("831");
    request.mutable_school()->set_urban_rural("111");
    EXPECT_THAT(Ask<v1::School>("CreateSchool", request), IsOk());
  }

  absl::Status Close(absl::CivilDay day, const call::v1::Caller& caller = Clerk()) {
    v1::CloseSchoolRequest request;
    request.set_name(school_);
    *request.mutable_close_date() = calendar::ToProto(day);
    return Ask<v1::School>("CloseSchool", request, caller);
  }
  absl::Status Reopen(const std::string& user) {
    v1::ReopenSchoolRequest request;
    request.set_name(school_);
    request.set_note("日期误填");
    return Ask<v1::School>("ReopenSchool", request, Clerk(user));
  }
  absl::Status Report(int school_year, int pupils) {
    v1::CreateGradeEnrollmentRequest request;
    request.set_parent(school_);
    request.set_grade_enrollment_id(absl::StrCat(school_year, "-2-1"));
    request.mutable_grade_enrollment()->set_school_year(school_year);
    request.mutable_grade_enrollment()->set_stage("2");
    request.mutable_grade_enrollment()->set_grade(1);
    request.mutable_grade_enrollment()->set_pupil_count(pupils);
    return Ask<v1::GradeEnrollment>("CreateGradeEnrollment", request);
  }
  absl::Status Correct(int school_year, int pupils) {
    v1::UpdateGradeEnrollmentRequest request;
    request.mutable_grade_enrollment()->set_name(absl::StrCat(school_, "/gradeEnrollments/", school_year, "-2-1"));
    request.mutable_grade_enrollment()->set_pupil_count(pupils);
    request.mutable_update_mask()->add_paths("pupil_count");
    return Ask<v1::GradeEnrollment>("UpdateGradeEnrollment", request);
  }
  absl::Status Rename() {
    v1::UpdateSchoolRequest request;
    request.mutable_school()->set_name(school_);
    request.mutable_school()->set_display_name("二小");
    request.mutable_update_mask()->add_paths("display_name");
    return Ask<v1::School>("UpdateSchool", request);
  }

  const absl::CivilDay today_ = calendar::Today(node->clock());
  const int year_ = calendar::SchoolYearOf(today_);
  std::string school_;
};

TEST_F(SchoolTest, ClosesOnADayThatItsPupilsAllow) {
  ASSERT_THAT(Report(year_ - 2, 30), IsOk());
  ASSERT_THAT(Report(year_, 0), IsOk());
  const absl::CivilDay first = calendar::FirstDayOfSchoolYear(year_ - 2);
  EXPECT_THAT(Close(first, Clerk("city", "districts/310000")), HasReason("CLOSE_DATE_BEFORE_PUPILS"));
  EXPECT_THAT(Close(first + 1), HasReason("CLOSE_DATE_TOO_EARLY"));
  EXPECT_THAT(Close(first + 1, Clerk("city", "districts/310000")), IsOk());
}

TEST_F(SchoolTest, OfAnUnknownPastClosesNoEarlierThanItWasRegistered) {
  const auto city = Clerk("city", "districts/310000");
  const absl::CivilDay first = calendar::FirstDayOfSchoolYear(year_);
  EXPECT_THAT(Close(first - 1), HasReason("CLOSE_DATE_TOO_EARLY"));
  EXPECT_THAT(Close(absl::CivilDay(1900, 1, 1), city), HasReason("CLOSE_DATE_TOO_EARLY"));
  EXPECT_THAT(Close(first - 1, city), IsOk());
}

TEST_F(SchoolTest, StandsWithItsEnrolmentOnceItIsClosed) {
  ASSERT_THAT(Report(year_, 30), IsOk());
  ASSERT_THAT(Close(today_), IsOk());
  EXPECT_THAT(Rename(), HasReason("SCHOOL_CLOSED"));
  EXPECT_THAT(Correct(year_, 31), HasReason("PARENT_LOCKED"));
  EXPECT_THAT(Report(year_ - 1, 30), HasReason("PARENT_CLOSED"));
}

TEST_F(SchoolTest, IsReopenedByAnotherPerson) {
  ASSERT_THAT(Report(year_, 30), IsOk());
  ASSERT_THAT(Close(today_), IsOk());
  EXPECT_THAT(Reopen("clerk"), HasReason("SAME_ACTOR"));
  ASSERT_THAT(Reopen("other"), IsOk());
  v1::GetSchoolRequest get;
  get.set_name(school_);
  v1::School school;
  ASSERT_THAT(node->Call(Clerk(), "GetSchool", get, &school), IsOk());
  EXPECT_EQ(school.state(), v1::School::STATE_OPEN);
  EXPECT_FALSE(school.has_close_date());
  EXPECT_THAT(Correct(year_, 31), IsOk());
  EXPECT_THAT(Close(today_ - 1), IsOk()) << "on the right day";
}

}  // namespace
}  // namespace edudelta::planning::api
