#include "safety/domain/hazard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <vector>

#include "common/base/error.h"
#include "common/base/timestamp.h"
#include "common/calendar/days.h"

namespace edudelta::safety::domain {
namespace {

using ::testing::HasSubstr;

const absl::CivilDay kToday(2025, 11, 20);
constexpr char kName[] = "districts/150104/schools/2115000001/hazards/h1";

v1::Hazard Hazard(v1::Hazard::State state, v1::HazardGrade grade = v1::HAZARD_GRADE_GENERAL) {
  v1::Hazard hazard;
  hazard.set_name(kName);
  hazard.set_state(state);
  hazard.set_grade(grade);
  hazard.set_listing(v1::Hazard::LISTING_NONE);
  *hazard.mutable_found_date() = calendar::ToProto(kToday - 3);
  return hazard;
}

TEST(CheckHazard, IsFoundBeforeTomorrowAtItsOwnSchool) {
  v1::Hazard hazard = Hazard(v1::Hazard::STATE_REGISTERED);
  hazard.set_point("districts/150104/schools/2115000001/inspectionPoints/p1");
  *hazard.mutable_found_date() = calendar::ToProto(kToday);
  EXPECT_TRUE(Check(hazard, kToday).ok());
  EXPECT_EQ(ReasonOf(Check(hazard, kToday - 1)), "FOUND_IN_FUTURE");
  hazard.set_point("districts/150104/schools/2115000002/inspectionPoints/p1");
  EXPECT_EQ(ReasonOf(Check(hazard, kToday)), "POINT_OF_OTHER_SCHOOL");
  hazard.set_point("districts/150104/schools/21150000012/inspectionPoints/p1");
  EXPECT_EQ(ReasonOf(Check(hazard, kToday)), "POINT_OF_OTHER_SCHOOL") << "a longer id is another school";
}

TEST(MayChangeHazard, RefusesWhenFinished) {
  for (int state = v1::Hazard::STATE_REGISTERED; state <= v1::Hazard::STATE_ARCHIVED; ++state) {
    const v1::Hazard hazard = Hazard(static_cast<v1::Hazard::State>(state));
    const bool finished = state >= v1::Hazard::STATE_CLOSED;
    EXPECT_EQ(ReasonOf(MayChange(hazard, hazard)), finished ? "HAZARD_CLOSED" : "") << state;
  }
}

TEST(MayGradeHazard, KeepsListedOnesMajor) {
  v1::Hazard hazard = Hazard(v1::Hazard::STATE_GRADED, v1::HAZARD_GRADE_MAJOR);
  v1::GradeHazardRequest request;
  request.set_grade(v1::HAZARD_GRADE_LARGER);
  EXPECT_TRUE(MayGradeHazard(hazard, request).ok());
  hazard.set_listing(v1::Hazard::LISTING_LISTED);
  EXPECT_EQ(ReasonOf(MayGradeHazard(hazard, request)), "HAZARD_LISTED");
  request.set_grade(v1::HAZARD_GRADE_MAJOR);
  EXPECT_TRUE(MayGradeHazard(hazard, request).ok());
}

TEST(MayGradeHazard, OnceAssignedItIsOnlyUpgraded) {
  for (const auto state : {v1::Hazard::STATE_ASSIGNED, v1::Hazard::STATE_RECTIFYING, v1::Hazard::STATE_GRADED}) {
    v1::Hazard hazard = Hazard(state, v1::HAZARD_GRADE_LARGER);
    StartClock(kToday + 10, false, hazard);
    v1::GradeHazardRequest request;
    for (const auto grade : {v1::HAZARD_GRADE_GENERAL, v1::HAZARD_GRADE_LARGER}) {
      request.set_grade(grade);
      EXPECT_EQ(ReasonOf(MayGradeHazard(hazard, request)), "HAZARD_GRADE_NOT_HIGHER") << state << grade;
    }
    request.set_grade(v1::HAZARD_GRADE_MAJOR);
    EXPECT_TRUE(MayGradeHazard(hazard, request).ok()) << state;
  }
  v1::Hazard restored = Hazard(v1::Hazard::STATE_REGISTERED, v1::HAZARD_GRADE_LARGER);
  StartClock(kToday + 10, false, restored);
  v1::GradeHazardRequest request;
  request.set_grade(v1::HAZARD_GRADE_LARGER);
  EXPECT_TRUE(MayGradeHazard(restored, request).ok()) << "it was void meanwhile";
  request.set_grade(v1::HAZARD_GRADE_GENERAL);
  EXPECT_EQ(ReasonOf(MayGradeHazard(restored, request)), "HAZARD_GRADE_NOT_HIGHER");
}

TEST(Regrade, AsksForAPlanAnewAndKeepsTheDueDates) {
  v1::Hazard old = Hazard(v1::Hazard::STATE_RECTIFYING, v1::HAZARD_GRADE_GENERAL);
  old.set_measures("更换");
  old.set_funds("100.00");
  old.set_emergency_plan("断电");
  old.set_extension_ground("缺料");
  *old.mutable_requested_due_date() = calendar::ToProto(kToday + 30);
  v1::Hazard next = old;
  Regrade(old, next);
  EXPECT_EQ(next.measures(), "更换") << "never assigned, nothing was planned by a grade";
  StartClock(kToday + 10, false, old);
  next = old;
  Regrade(old, next);
  EXPECT_EQ(next.measures() + next.funds() + next.emergency_plan() + next.extension_ground(), "");
  EXPECT_FALSE(next.has_requested_due_date());
  EXPECT_EQ(calendar::FromProto(next.due_date()), kToday + 10);
  EXPECT_EQ(calendar::FromProto(next.first_due_date()), kToday + 10);
}

TEST(ChooseTerm, TheNearestJurisdictionHolds) {
  auto term = [](const char* name, v1::HazardGrade grade) {
    v1::HazardTerm result;
    result.set_name(name);
    result.set_grade(grade);
    return result;
  };
  const std::vector<v1::HazardTerm> terms = {term("districts/000000/hazardTerms/general", v1::HAZARD_GRADE_GENERAL),
                                             term("districts/000000/hazardTerms/major", v1::HAZARD_GRADE_MAJOR),
                                             term("districts/150100/hazardTerms/major", v1::HAZARD_GRADE_MAJOR)};
  const std::vector<std::string> jurisdictions = {"districts/150104", "districts/150100", "districts/000000"};
  EXPECT_EQ(ChooseTerm(v1::HAZARD_GRADE_MAJOR, terms, jurisdictions, kToday), &terms[2]);
  EXPECT_EQ(ChooseTerm(v1::HAZARD_GRADE_GENERAL, terms, jurisdictions, kToday), &terms[0]);
  EXPECT_EQ(ChooseTerm(v1::HAZARD_GRADE_LARGER, terms, jurisdictions, kToday), nullptr);
}

// A grade, by day and id.
v1::HazardTerm Term(const std::string& id, std::optional<absl::CivilDay> day) {
  v1::HazardTerm term;
  term.set_name("districts/150104/hazardTerms/" + id);
  term.set_grade(v1::HAZARD_GRADE_GENERAL);
  if (day) *term.mutable_effective_date() = calendar::ToProto(*day);
  return term;
}

TEST(ChooseTerm, TheLatestInForceHolds) {
  const std::vector<std::string> here = {"districts/150104"};
  const auto chosen = [&](const std::vector<v1::HazardTerm>& terms) {
    const v1::HazardTerm* term = ChooseTerm(v1::HAZARD_GRADE_GENERAL, terms, here, kToday);
    return term == nullptr ? "" : term->name().substr(term->name().rfind('/') + 1);
  };
  EXPECT_EQ(chosen({Term("old", std::nullopt), Term("now", kToday), Term("then", kToday - 9)}), "now");
  EXPECT_EQ(chosen({Term("later", kToday + 1), Term("old", std::nullopt)}), "old");
  EXPECT_EQ(chosen({Term("later", kToday + 1)}), "");
  EXPECT_EQ(chosen({Term("b", std::nullopt), Term("a", std::nullopt), Term("c", std::nullopt)}), "a") << "doubles";
}

TEST(MayReassignHazard, ToSomebodyElse) {
  v1::Hazard hazard = Hazard(v1::Hazard::STATE_RECTIFYING);
  hazard.set_rectifier("总务处");
  v1::ReassignHazardRequest request;
  for (const char* same : {"总务处 ", "\u3000总务处", "总务处\u00a0"}) {
    request.set_rectifier(same);
    EXPECT_EQ(ReasonOf(MayReassignHazard(hazard, request)), "HAZARD_RECTIFIER_SAME") << same;
  }
  request.set_rectifier("教务处");
  EXPECT_TRUE(MayReassignHazard(hazard, request).ok());
}

TEST(MayVoidHazard, NotWhileListed) {
  v1::Hazard hazard = Hazard(v1::Hazard::STATE_GRADED, v1::HAZARD_GRADE_MAJOR);
  EXPECT_TRUE(MayVoidHazard(hazard, true).ok());
  hazard.set_listing(v1::Hazard::LISTING_LISTED);
  EXPECT_EQ(ReasonOf(MayVoidHazard(hazard, true)), "HAZARD_LISTED");
}

TEST(MayVoidHazard, AMajorOneIsEndedFromAbove) {
  const v1::Hazard major = Hazard(v1::Hazard::STATE_GRADED, v1::HAZARD_GRADE_MAJOR);
  const v1::Hazard larger = Hazard(v1::Hazard::STATE_GRADED, v1::HAZARD_GRADE_LARGER);
  for (const auto may : {MayVoidHazard, MayWithdrawHazardAssignment}) {
    EXPECT_EQ(ReasonOf(may(major, false)), "UPPER_LEVEL_REQUIRED");
    EXPECT_TRUE(may(major, true).ok());
    EXPECT_TRUE(may(larger, false).ok());
  }
}

TEST(EndAssignment, StopsTheClock) {
  v1::Hazard hazard = Hazard(v1::Hazard::STATE_RECTIFYING);
  StartClock(kToday - 1, true, hazard);
  ASSERT_TRUE(IsOverdue(hazard, kToday));
  EndAssignment(hazard);
  hazard.set_state(v1::Hazard::STATE_GRADED);
  EXPECT_FALSE(IsOverdue(hazard, kToday));
  EXPECT_FALSE(hazard.due_provisional());
  EXPECT_EQ(calendar::FromProto(hazard.first_due_date()), kToday - 1);
}

TEST(StartClock, KeepsTheFirstDueDate) {
  v1::Hazard hazard;
  StartClock(kToday + 5, false, hazard);
  StartClock(kToday + 9, false, hazard);
  EXPECT_EQ(calendar::FromProto(hazard.due_date()), kToday + 9);
  EXPECT_EQ(calendar::FromProto(hazard.first_due_date()), kToday + 5);
}

v1::StartHazardRectificationRequest FullRequest() {
  v1::StartHazardRectificationRequest request;
  request.set_measures("更换配电箱");
  request.set_funds("0.00");
  request.set_emergency_plan("断电并设专人看守");
  return request;
}

v1::Hazard AssignedMajorHazard() {
  v1::Hazard hazard = Hazard(v1::Hazard::STATE_ASSIGNED, v1::HAZARD_GRADE_MAJOR);
  hazard.set_rectifier("总务处");
  StartClock(kToday + 10, false, hazard);
  return hazard;
}

TEST(MayStartHazardRectification, AMajorHazardNeedsAllFive) {
  EXPECT_TRUE(MayStartHazardRectification(AssignedMajorHazard(), FullRequest()).ok()) << "no money needed is an answer";
  for (const char* field : {"rectifier", "measures", "funds", "due_date", "emergency_plan"}) {
    v1::Hazard hazard = AssignedMajorHazard();
    v1::StartHazardRectificationRequest request = FullRequest();
    for (google::protobuf::Message* message :
         {static_cast<google::protobuf::Message*>(&hazard), static_cast<google::protobuf::Message*>(&request)}) {
      const auto* descriptor = message->GetDescriptor()->FindFieldByName(field);
      if (descriptor != nullptr) message->GetReflection()->ClearField(message, descriptor);
    }
    const absl::Status status = MayStartHazardRectification(hazard, request);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ReasonOf(status), "FIVE_MEASURES_REQUIRED") << field;
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::string("missing=") + field + "]"));
  }
}

TEST(MayStartHazardRectification, NamesAllThatIsMissing) {
  v1::StartHazardRectificationRequest request;
  request.set_measures(" ");
  const v1::Hazard hazard = Hazard(v1::Hazard::STATE_ASSIGNED, v1::HAZARD_GRADE_MAJOR);
  const absl::Status status = MayStartHazardRectification(hazard, request);
  EXPECT_THAT(std::string(status.message()), HasSubstr("missing=rectifier,measures,funds,due_date,emergency_plan]"));
}

TEST(MayStartHazardRectification, AnEmptyTextIsNotWhatIsOnRecord) {
  v1::Hazard hazard = AssignedMajorHazard();
  hazard.set_measures("更换配电箱");
  v1::StartHazardRectificationRequest request = FullRequest();
  request.clear_measures();
  EXPECT_TRUE(MayStartHazardRectification(hazard, request).ok()) << "on record";
  request.set_measures("");
  EXPECT_EQ(ReasonOf(MayStartHazardRectification(hazard, request)), "FIVE_MEASURES_REQUIRED") << "taken away";
}

TEST(MayStartHazardRectification, LesserHazardsMayStartWithLess) {
  EXPECT_TRUE(MayStartHazardRectification(Hazard(v1::Hazard::STATE_ASSIGNED, v1::HAZARD_GRADE_LARGER), {}).ok());
}

TEST(MayStartHazardRectification, FundsAreAnAmount) {
  v1::StartHazardRectificationRequest request = FullRequest();
  for (const auto& [funds, reason] : std::vector<std::pair<std::string, std::string>>{
           {"12000.50", ""}, {"-1", "FUNDS_NEGATIVE"}, {"1.2万", "DECIMAL_FORMAT"}, {"1.005", "DECIMAL_TOO_PRECISE"}}) {
    request.set_funds(funds);
    EXPECT_EQ(ReasonOf(MayStartHazardRectification(AssignedMajorHazard(), request)), reason) << funds;
  }
}

TEST(MayExtendHazard, OnlyToALaterDay) {
  v1::Hazard hazard = AssignedMajorHazard();
  v1::ExtendHazardRequest request;
  *request.mutable_due_date() = calendar::ToProto(kToday + 10);
  EXPECT_EQ(ReasonOf(MayExtendHazard(hazard, request, kToday)), "DUE_DATE_NOT_LATER");
  *request.mutable_due_date() = calendar::ToProto(kToday + 11);
  EXPECT_TRUE(MayExtendHazard(hazard, request, kToday).ok());
  EXPECT_TRUE(MayExtendHazard(hazard, request, kToday + 11).ok());
  EXPECT_EQ(ReasonOf(MayExtendHazard(hazard, request, kToday + 12)), "DUE_DATE_PAST");
}

TEST(MayRequestHazardExtension, ToALaterDay) {
  const v1::Hazard hazard = AssignedMajorHazard();
  v1::RequestHazardExtensionRequest request;
  *request.mutable_requested_due_date() = calendar::ToProto(kToday + 10);
  EXPECT_EQ(ReasonOf(MayRequestHazardExtension(hazard, request, kToday)), "DUE_DATE_NOT_LATER");
  *request.mutable_requested_due_date() = calendar::ToProto(kToday + 11);
  EXPECT_TRUE(MayRequestHazardExtension(hazard, request, kToday).ok());
}

TEST(MayPassHazardRecheck, AMajorHazardIsPassedFromAbove) {
  const v1::Hazard major = Hazard(v1::Hazard::STATE_RECHECK_REQUESTED, v1::HAZARD_GRADE_MAJOR);
  const absl::Status status = MayPassHazardRecheck(major, {}, false);
  EXPECT_EQ(ReasonOf(status), "HIGHER_LEVEL_RECHECK_REQUIRED");
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(MayPassHazardRecheck(major, {}, true).ok());
  EXPECT_TRUE(MayPassHazardRecheck(Hazard(v1::Hazard::STATE_RECHECK_REQUESTED), {}, false).ok());
}

TEST(MayCloseHazard, NotWhileListed) {
  v1::Hazard hazard = Hazard(v1::Hazard::STATE_RECHECK_PASSED, v1::HAZARD_GRADE_MAJOR);
  EXPECT_TRUE(MayCloseHazard(hazard).ok());
  hazard.set_listing(v1::Hazard::LISTING_LISTED);
  EXPECT_EQ(ReasonOf(MayCloseHazard(hazard)), "HAZARD_LISTED");
  hazard.set_listing(v1::Hazard::LISTING_LIFTED);
  EXPECT_TRUE(MayCloseHazard(hazard).ok());
}

TEST(MayListHazardForSupervision, OnlyOpenMajorOnes) {
  EXPECT_TRUE(MayListHazardForSupervision(Hazard(v1::Hazard::STATE_RECTIFYING, v1::HAZARD_GRADE_MAJOR)).ok());
  EXPECT_EQ(ReasonOf(MayListHazardForSupervision(Hazard(v1::Hazard::STATE_RECTIFYING, v1::HAZARD_GRADE_LARGER))),
            "HAZARD_NOT_MAJOR");
  EXPECT_EQ(ReasonOf(MayListHazardForSupervision(Hazard(v1::Hazard::STATE_CLOSED, v1::HAZARD_GRADE_MAJOR))),
            "HAZARD_CLOSED");
  EXPECT_EQ(ReasonOf(MayListHazardForSupervision(Hazard(v1::Hazard::STATE_VOID, v1::HAZARD_GRADE_MAJOR))),
            "HAZARD_VOID");
}

TEST(IsOverdue, FromTheDayAfterItIsDueUntilItIsClosed) {
  v1::Hazard hazard = Hazard(v1::Hazard::STATE_RECTIFYING);
  EXPECT_FALSE(IsOverdue(hazard, kToday)) << "no clock, not overdue";
  StartClock(kToday, false, hazard);
  EXPECT_FALSE(IsOverdue(hazard, kToday));
  EXPECT_TRUE(IsOverdue(hazard, kToday + 1));
  hazard.set_state(v1::Hazard::STATE_RECHECK_PASSED);
  EXPECT_TRUE(IsOverdue(hazard, kToday + 1));
  for (const auto state : {v1::Hazard::STATE_CLOSED, v1::Hazard::STATE_VOID}) {
    hazard.set_state(state);
    EXPECT_FALSE(IsOverdue(hazard, kToday + 1)) << state;
  }
}

TEST(RecountDue, MovesOpenProvisionalDatesAlone) {
  const auto days =
      calendar::WorkingDays::Parse("day,kind,name\n2026-01-01,off,元旦\n2027-02-08,off,春节\n2027-02-09,off,春节\n")
          .value();
  v1::Hazard hazard;
  StartClock(absl::CivilDay(2027, 2, 19), true, hazard);
  hazard.set_state(v1::Hazard::STATE_RECTIFYING);
  v1::Hazard moved = hazard;
  RecountDue(days, 2027, moved);
  EXPECT_EQ(calendar::FromProto(moved.due_date()), absl::CivilDay(2027, 2, 22)) << "1 January is worked by this notice";
  EXPECT_EQ(calendar::FromProto(moved.first_due_date()), absl::CivilDay(2027, 2, 22));
  EXPECT_FALSE(moved.due_provisional());
  const v1::Hazard once = moved;
  RecountDue(days, 2027, moved);
  EXPECT_EQ(moved.SerializeAsString(), once.SerializeAsString());
  for (const auto& change : std::vector<std::function<void(v1::Hazard&)>>{
           [](v1::Hazard& one) { one.set_due_provisional(false); },
           [](v1::Hazard& one) { one.set_state(v1::Hazard::STATE_CLOSED); },
           [](v1::Hazard& one) { one.set_state(v1::Hazard::STATE_VOID); },
           [](v1::Hazard& one) { *one.mutable_due_date() = calendar::ToProto(absl::CivilDay(2026, 12, 31)); }}) {
    v1::Hazard other = hazard;
    change(other);
    const std::string before = other.SerializeAsString();
    RecountDue(days, 2027, other);
    EXPECT_EQ(other.SerializeAsString(), before);
  }
  v1::Hazard late = hazard;
  SetTimestamp(absl::FromCivil(absl::CivilDay(2027, 2, 10), absl::UTCTimeZone()), late.mutable_create_time());
  RecountDue(days, 2027, late);
  EXPECT_EQ(calendar::FromProto(late.due_date()), absl::CivilDay(2027, 2, 19)) << "registered behind the holidays";
  v1::Hazard far = hazard;
  StartClock(absl::CivilDay(2028, 3, 1), true, far);
  RecountDue(days, 2027, far);
  EXPECT_TRUE(far.due_provisional()) << "of 2028 nothing is known";
}

}  // namespace
}  // namespace edudelta::safety::domain
