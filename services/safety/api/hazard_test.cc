// The closed loop of a hazard through the running service.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/calendar/days.h"
#include "common/db/migrator.h"
#include "common/resource/backfill.h"
#include "common/testing/matchers.h"
#include "edudelta/safety/v1/hazard.pb.h"
#include "edudelta/safety/v1/safety.pb.h"
#include "edudelta/safety/v1/types.pb.h"
#include "safety/api/rules.h"
#include "safety/api/testing.h"

namespace edudelta::safety {

const std::vector<db::Migration>& Migrations();

namespace api {
namespace {

using testing::HasReason;
using testing::IsOk;
using v1::Hazard;

class HazardTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { node = new TestNode; }
  static void TearDownTestSuite() { delete node; }

  template <typename Request>
  absl::Status Take(const call::v1::Caller& caller, const std::string& method, Request request) {
    request.set_name(hazard_.name());
    Hazard answer;
    const absl::Status status = node->Call(caller, method, request, &answer);
    if (status.ok()) hazard_ = answer;
    return status;
  }

  absl::Status Grade(v1::HazardGrade grade) {
    v1::GradeHazardRequest request;
    request.set_grade(grade);
    return Take(TestNode::Officer(), "GradeHazard", request);
  }
  absl::Status Assign() {
    v1::AssignHazardRequest request;
    request.set_rectifier("总务处");
    return Take(TestNode::Officer(), "AssignHazard", request);
  }
  absl::Status Start(const call::v1::Caller& caller, const std::string& funds = "") {
    v1::StartHazardRectificationRequest request;
    request.set_measures("更换");
    request.set_funds(funds);
    if (!funds.empty()) request.set_emergency_plan("停用");
    return Take(caller, "StartHazardRectification", request);
  }
  absl::Status Pass(const call::v1::Caller& caller) {
    return Take(caller, "PassHazardRecheck", v1::PassHazardRecheckRequest());
  }
  absl::Status Extend(absl::CivilDay due) {
    v1::ExtendHazardRequest request;
    *request.mutable_due_date() = calendar::ToProto(due);
    return Take(TestNode::Officer(), "ExtendHazard", request);
  }
  absl::Status RequestExtension(const call::v1::Caller& caller, absl::CivilDay due) {
    v1::RequestHazardExtensionRequest request;
    *request.mutable_requested_due_date() = calendar::ToProto(due);
    request.set_extension_ground("配件未到");
    return Take(caller, "RequestHazardExtension", request);
  }
  absl::CivilDay Due() { return *calendar::FromProto(hazard_.due_date()); }

  // A general hazard.
  void Graded() {
    v1::CreateHazardRequest request;
    request.set_parent(kSchool);
    request.mutable_hazard()->set_display_name("配电箱破损");
    request.mutable_hazard()->set_description("三楼配电箱门缺失");
    *request.mutable_hazard()->mutable_found_date() = calendar::ToProto(calendar::Today(node->clock()));
    ASSERT_THAT(node->Call(TestNode::Officer(), "CreateHazard", request, &hazard_), IsOk());
    ASSERT_THAT(Grade(v1::HAZARD_GRADE_GENERAL), IsOk());
  }

  // One whose rectification `caller` has begun.
  void Rectifying(const call::v1::Caller& caller) {
    Graded();
    ASSERT_THAT(Assign(), IsOk());
    ASSERT_THAT(Start(caller), IsOk());
  }

  static TestNode* node;
  Hazard hazard_;
};
TestNode* HazardTest::node = nullptr;

TEST_F(HazardTest, IsNotRecheckedByWhoBeganTheRectification) {
  Rectifying(TestNode::Officer("a"));
  ASSERT_THAT(Take(TestNode::SchoolClerk(), "RequestHazardRecheck", v1::RequestHazardRecheckRequest()), IsOk());
  EXPECT_THAT(Pass(TestNode::Officer("a")), HasReason("SAME_ACTOR"));
  v1::RejectHazardRecheckRequest reject;
  reject.set_recheck_opinion("仍有松动");
  EXPECT_THAT(Take(TestNode::Officer("a"), "RejectHazardRecheck", reject), HasReason("SAME_ACTOR"));
  EXPECT_THAT(Pass(TestNode::Officer("b")), IsOk());
  EXPECT_EQ(hazard_.state(), Hazard::STATE_RECHECK_PASSED);
}

TEST_F(HazardTest, IsNotAssignedWithoutATermOfItsGrade) {
  Graded();
  ASSERT_THAT(node->Execute("UPDATE hazard_term SET grade = grade + 10"), IsOk());
  EXPECT_THAT(Assign(), HasReason("HAZARD_TERM_MISSING"));
  ASSERT_THAT(node->Execute("UPDATE hazard_term SET grade = grade - 10"), IsOk());
  EXPECT_THAT(Assign(), IsOk());
}

TEST_F(HazardTest, KeepsNoOpinionOfAnEarlierRecheck) {
  Rectifying(TestNode::SchoolClerk());
  ASSERT_THAT(Take(TestNode::SchoolClerk(), "RequestHazardRecheck", v1::RequestHazardRecheckRequest()), IsOk());
  v1::RejectHazardRecheckRequest reject;
  reject.set_recheck_opinion("仍有松动");
  ASSERT_THAT(Take(TestNode::Officer(), "RejectHazardRecheck", reject), IsOk());
  EXPECT_EQ(hazard_.recheck_opinion(), "仍有松动");
  ASSERT_THAT(Take(TestNode::SchoolClerk(), "RequestHazardRecheck", v1::RequestHazardRecheckRequest()), IsOk());
  ASSERT_THAT(Pass(TestNode::Officer()), IsOk());
  EXPECT_EQ(hazard_.recheck_opinion(), "");
}

TEST_F(HazardTest, IsUpgradedWhileItIsRectified) {
  Rectifying(TestNode::SchoolClerk());
  const absl::CivilDay first = Due();
  EXPECT_THAT(Grade(v1::HAZARD_GRADE_GENERAL), HasReason("HAZARD_GRADE_NOT_HIGHER"));
  ASSERT_THAT(Grade(v1::HAZARD_GRADE_MAJOR), IsOk());
  EXPECT_EQ(hazard_.state(), Hazard::STATE_GRADED);
  EXPECT_THAT(Grade(v1::HAZARD_GRADE_GENERAL), HasReason("HAZARD_GRADE_NOT_HIGHER"));
  EXPECT_EQ(Due(), first) << "until it is assigned anew";
  EXPECT_THAT(Start(TestNode::SchoolClerk()), HasReason("STATE_NOT_ALLOWED"));
  ASSERT_THAT(Assign(), IsOk());
  EXPECT_GT(Due(), first) << "the term of a major hazard";
  EXPECT_EQ(calendar::FromProto(hazard_.first_due_date()), first);
  EXPECT_THAT(Start(TestNode::SchoolClerk()), HasReason("FIVE_MEASURES_REQUIRED"));
  EXPECT_THAT(Start(TestNode::SchoolClerk(), "100.00"), IsOk());
  EXPECT_EQ(hazard_.state(), Hazard::STATE_RECTIFYING);
}

TEST_F(HazardTest, ItsSchoolAppliesForMoreTimeAndTheOfficerAnswers) {
  Rectifying(TestNode::SchoolClerk());
  const absl::CivilDay due = Due();
  EXPECT_THAT(RequestExtension(TestNode::SchoolClerk(), due), HasReason("DUE_DATE_NOT_LATER"));
  ASSERT_THAT(RequestExtension(TestNode::SchoolClerk(), due + 7), IsOk());
  EXPECT_EQ(calendar::FromProto(hazard_.requested_due_date()), due + 7);
  EXPECT_EQ(Due(), due);
  EXPECT_THAT(Take(TestNode::SchoolClerk(), "RejectHazardExtension", v1::RejectHazardExtensionRequest()),
              HasReason("ROLE_MISSING"));
  ASSERT_THAT(Take(TestNode::Officer(), "RejectHazardExtension", v1::RejectHazardExtensionRequest()), IsOk());
  EXPECT_FALSE(hazard_.has_requested_due_date());
  EXPECT_EQ(hazard_.extension_ground(), "");
  EXPECT_EQ(Due(), due);
  EXPECT_THAT(Take(TestNode::Officer(), "RejectHazardExtension", v1::RejectHazardExtensionRequest()),
              HasReason("EXTENSION_NOT_REQUESTED"));

  ASSERT_THAT(RequestExtension(TestNode::SchoolClerk(), due + 7), IsOk());
  v1::ListHazardsRequest list;
  list.set_parent(kSchool);
  list.set_filter("requested_due_date >= \"2020-01-01\"");
  v1::ListHazardsResponse waiting;
  ASSERT_THAT(node->Call(TestNode::Officer(), "ListHazards", list, &waiting), IsOk());
  ASSERT_EQ(waiting.hazards_size(), 1);
  EXPECT_EQ(waiting.hazards(0).extension_ground(), "配件未到");
  ASSERT_THAT(Extend(due + 5), IsOk());
  EXPECT_EQ(Due(), due + 5);
  EXPECT_EQ(calendar::FromProto(hazard_.first_due_date()), due);
  EXPECT_FALSE(hazard_.has_requested_due_date());

  ASSERT_THAT(RequestExtension(TestNode::SchoolClerk(), due + 9), IsOk());
  ASSERT_THAT(Take(TestNode::SchoolClerk(), "RequestHazardRecheck", v1::RequestHazardRecheckRequest()), IsOk());
  EXPECT_FALSE(hazard_.has_requested_due_date());
}

// Nobody knows the holidays of years to come. Work goes on, and the day is put right when they are known.
TEST_F(HazardTest, IsDueProvisionallyBeyondTheCalendar) {
  ASSERT_THAT(node->Execute("UPDATE hazard_term SET working_days = 600"), IsOk());
  Rectifying(TestNode::SchoolClerk());
  const absl::CivilDay due = Due();
  EXPECT_TRUE(hazard_.due_provisional());
  const int year = static_cast<int>(calendar::Today(node->clock()).year()) + 1;
  // What the law names, and a week in June.
  std::string notice = "day,kind,name\n";
  for (const char* day : {"01-01", "05-01", "05-02", "06-01", "06-02", "06-03", "06-04", "06-05", "06-06", "06-07",
                          "10-01", "10-02", "10-03"}) {
    absl::StrAppend(&notice, year, "-", day, ",off,x\n");
  }
  const auto days = calendar::WorkingDays::Parse(notice).value();
  const auto recounts = RecountsOfDueDates(days);
  ASSERT_EQ(recounts.size(), 1u);
  rpc::Call call;
  call.caller = TestNode::Officer();
  call.deadline = testing::Soon();
  for (int batch = 0; batch < 3; ++batch) {
    ASSERT_THAT(resource::FillBatch(call, node->runtime().pool(), node->runtime().engine("safety.Hazard"), recounts[0]),
                IsOk());
  }
  v1::GetHazardRequest get;
  get.set_name(hazard_.name());
  ASSERT_THAT(node->Call(TestNode::Officer(), "GetHazard", get, &hazard_), IsOk());
  EXPECT_EQ(Due(), days.Recounted(calendar::Today(node->clock()), due, year));
  EXPECT_GE(Due() - due, 7) << "a week of holidays more";
  EXPECT_TRUE(hazard_.due_provisional()) << "the years after are not known";
  ASSERT_THAT(Extend(Due() + 1), IsOk());
  EXPECT_FALSE(hazard_.due_provisional());
  ASSERT_THAT(node->Execute("UPDATE hazard_term SET working_days = 10 * grade"), IsOk());
}

// Once it is assigned, a major hazard ends by a recheck from above, or by somebody from there.
TEST_F(HazardTest, AMajorOneEndsFromAboveAlone) {
  Rectifying(TestNode::SchoolClerk());
  ASSERT_THAT(Grade(v1::HAZARD_GRADE_MAJOR), IsOk());
  ASSERT_THAT(Assign(), IsOk());
  v1::WithdrawHazardAssignmentRequest withdraw;
  withdraw.set_note("误报");
  v1::VoidHazardRequest mistake;
  mistake.set_note("误报");
  EXPECT_THAT(Take(TestNode::Officer("b"), "WithdrawHazardAssignment", withdraw), HasReason("UPPER_LEVEL_REQUIRED"));
  EXPECT_EQ(hazard_.state(), Hazard::STATE_ASSIGNED);
  const auto city = [](const char* user) { return TestNode::Officer(user, "districts/150100"); };
  ASSERT_THAT(Take(city("c"), "WithdrawHazardAssignment", withdraw), IsOk());
  EXPECT_THAT(Take(TestNode::Officer("b"), "VoidHazard", mistake), HasReason("UPPER_LEVEL_REQUIRED"));
  EXPECT_THAT(Take(city("c"), "VoidHazard", mistake), HasReason("SAME_ACTOR")) << "who withdrew it";
  ASSERT_THAT(Take(city("d"), "VoidHazard", mistake), IsOk());
  EXPECT_EQ(hazard_.state(), Hazard::STATE_VOID);
}

// Rows from before due dates could be provisional.
TEST_F(HazardTest, DueDatesFromBeforeAreCountedAnewToo) {
  Rectifying(TestNode::SchoolClerk());
  const auto& all = Migrations();
  const auto mark = std::find_if(all.begin(), all.end(), [](const db::Migration& one) {
    return absl::StrContains(one.name, "mark_hazard_due_provisional");
  });
  ASSERT_NE(mark, all.end());
  const auto marked = [&](const char* due, const char* first, Hazard::State state) {
    service::Must(node->Execute(absl::StrCat("UPDATE hazard SET due_provisional = 0, due_date = '", due,
                                             "', first_due_date = '", first, "', state = ", static_cast<int>(state))));
    service::Must(node->Execute(mark->sql));
    v1::GetHazardRequest get;
    get.set_name(hazard_.name());
    Hazard now;
    EXPECT_THAT(node->Call(TestNode::Officer(), "GetHazard", get, &now), IsOk());
    return now.due_provisional();
  };
  EXPECT_TRUE(marked("2027-01-05", "2027-01-05", Hazard::STATE_RECTIFYING));
  EXPECT_FALSE(marked("2026-12-31", "2026-12-31", Hazard::STATE_RECTIFYING));
  EXPECT_FALSE(marked("2027-01-05", "2026-12-30", Hazard::STATE_RECTIFYING)) << "a day that somebody named";
  EXPECT_FALSE(marked("2027-01-05", "2027-01-05", Hazard::STATE_CLOSED));
}

TEST_F(HazardTest, SaysOfThePresentVersionAloneThatItIsOverdue) {
  Rectifying(TestNode::SchoolClerk());
  ASSERT_THAT(node->Execute("UPDATE hazard SET due_date = '2020-01-02'"), IsOk());
  v1::ReassignHazardRequest reassign;
  reassign.set_note("换人");
  reassign.set_rectifier("教务处");
  ASSERT_THAT(Take(TestNode::Officer(), "ReassignHazard", reassign), IsOk());
  v1::ListHazardRevisionsRequest list;
  list.set_name(hazard_.name());
  v1::ListHazardsResponse versions;
  ASSERT_THAT(node->Call(TestNode::Officer(), "ListHazardRevisions", list, &versions), IsOk());
  ASSERT_GT(versions.hazards_size(), 2);
  EXPECT_TRUE(versions.hazards(0).overdue());
  EXPECT_EQ(calendar::FromProto(versions.hazards(1).due_date()), absl::CivilDay(2020, 1, 2));
  EXPECT_FALSE(versions.hazards(1).overdue());
}

TEST_F(HazardTest, ChangesHandsAndIsVoidedByAnother) {
  Rectifying(TestNode::SchoolClerk());
  const absl::CivilDay due = Due();
  v1::ReassignHazardRequest reassign;
  reassign.set_note("换人");
  reassign.set_rectifier("总务处");
  EXPECT_THAT(Take(TestNode::Officer(), "ReassignHazard", reassign), HasReason("HAZARD_RECTIFIER_SAME"));
  reassign.set_rectifier("教务处");
  ASSERT_THAT(Take(TestNode::Officer(), "ReassignHazard", reassign), IsOk());
  EXPECT_EQ(hazard_.state(), Hazard::STATE_ASSIGNED);
  EXPECT_EQ(hazard_.rectifier() + hazard_.measures(), "教务处");
  EXPECT_EQ(Due(), due);

  v1::VoidHazardRequest mistake;
  mistake.set_note("误报");
  EXPECT_THAT(Take(TestNode::Officer("other"), "VoidHazard", mistake), HasReason("STATE_NOT_ALLOWED"));
  v1::WithdrawHazardAssignmentRequest withdraw;
  withdraw.set_note("误报");
  ASSERT_THAT(Take(TestNode::Officer(), "WithdrawHazardAssignment", withdraw), IsOk());
  EXPECT_EQ(hazard_.state(), Hazard::STATE_GRADED);
  EXPECT_EQ(hazard_.rectifier(), "");
  EXPECT_EQ(calendar::FromProto(hazard_.first_due_date()), due);
  EXPECT_FALSE(hazard_.has_due_date());

  EXPECT_THAT(Take(TestNode::Officer(), "VoidHazard", mistake), HasReason("SAME_ACTOR")) << "who registered it";
  EXPECT_THAT(Take(TestNode::Officer("other"), "VoidHazard", v1::VoidHazardRequest()), HasReason("FIELD_REQUIRED"));
  ASSERT_THAT(Take(TestNode::Officer("other"), "VoidHazard", mistake), IsOk());
  EXPECT_FALSE(hazard_.overdue());
  v1::UpdateHazardRequest update;
  update.mutable_hazard()->set_name(hazard_.name());
  update.mutable_hazard()->set_display_name("改名");
  Hazard changed;
  EXPECT_THAT(node->Call(TestNode::Officer(), "UpdateHazard", update, &changed), HasReason("HAZARD_VOID"));
  v1::RestoreHazardRequest restore;
  restore.set_note("确有其事");
  EXPECT_THAT(Take(TestNode::Officer("other"), "RestoreHazard", restore), HasReason("SAME_ACTOR"));
  ASSERT_THAT(Take(TestNode::Officer(), "RestoreHazard", restore), IsOk());
  ASSERT_THAT(Grade(v1::HAZARD_GRADE_GENERAL), IsOk());
  EXPECT_THAT(Assign(), IsOk());
}

}  // namespace
}  // namespace api
}  // namespace edudelta::safety
