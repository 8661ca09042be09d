#include <functional>

#include "common/resource/test_engine.h"
#include "edudelta/planning/v1/school.pb.h"
#include "edudelta/safety/v1/hazard.pb.h"
#include "edudelta/safety/v1/inspection_point.pb.h"
#include "edudelta/safety/v1/patrol.pb.h"
#include "edudelta/safety/v1/safety.pb.h"
#include "edudelta/safety/v1/types.pb.h"

namespace edudelta::resource {
namespace {

using safety::v1::Hazard;
using testing::HasReason;
using testing::IsOk;
using testing::StatusIs;

constexpr char kName[] = "districts/310114/schools/2131000001/hazards/h";

call::v1::Caller Officer(const std::string& principal = "users/officer",
                         const std::string& prefix = "districts/310114") {
  return CallerOf(principal, {{options::v1::ROLE_SAFETY_OFFICER, prefix}, {options::v1::ROLE_SUPERVISOR, prefix}});
}

std::string Repeated(const std::string& text, int times) {
  std::string result;
  while (times-- > 0) result += text;
  return result;
}

class StepsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    service_.Run("REPLACE INTO ref_school VALUES (?, '310114', '一小', '211', 1, NOW(6))", {std::string(kSchool)});
    safety::v1::CreateHazardRequest request;
    request.set_parent(kSchool);
    request.set_hazard_id("h");
    request.mutable_hazard()->set_display_name("围墙开裂");
    request.mutable_hazard()->set_description("东侧围墙开裂");
    *request.mutable_hazard()->mutable_found_date() = calendar::ToProto(absl::CivilDay(2026, 3, 2));
    ASSERT_THAT(hazards_.writer().Create(CallOf(Officer(), Method("CreateHazard")), request, &hazard_), IsOk());
    EXPECT_EQ(hazard_.state(), Hazard::STATE_REGISTERED);
    EXPECT_EQ(hazard_.listing(), Hazard::LISTING_NONE);
  }
  static std::string Method(const std::string& method) { return "edudelta.safety.v1.SafetyService." + method; }

  template <typename Request>
  absl::Status Take(Request request, const call::v1::Caller& caller = Officer()) {
    if (request.name().empty()) request.set_name(kName);
    std::string method = Request::descriptor()->name();
    method.resize(method.size() - std::string("Request").size());
    return hazards_.steps().Take(CallOf(caller, Method(method)), request, &hazard_);
  }
  safety::v1::GradeHazardRequest Grade() {
    safety::v1::GradeHazardRequest request;
    request.set_grade(safety::v1::HAZARD_GRADE_GENERAL);
    return request;
  }
  safety::v1::RejectHazardRecheckRequest Reject() {
    safety::v1::RejectHazardRecheckRequest request;
    request.set_recheck_opinion("仍有松动");
    return request;
  }
  void SetState(Hazard::State state) {
    service_.Run(absl::StrCat("UPDATE hazard SET state = ", static_cast<int>(state)));
  }

  TestService service_{{Hazard::descriptor(), safety::v1::InspectionPoint::descriptor()}};
  Engine& hazards_ = service_.engine("safety.Hazard");
  Hazard hazard_;
};

TEST_F(StepsTest, MovesTheStateAndKeepsALog) {
  auto request = Grade();
  request.set_note("按现场情况");
  request.set_request_id(NewUuid());
  ASSERT_THAT(Take(request), IsOk());
  EXPECT_EQ(hazard_.state(), Hazard::STATE_GRADED);
  EXPECT_EQ(hazard_.grade(), safety::v1::HAZARD_GRADE_GENERAL);
  const std::string first = hazard_.SerializeAsString();
  EXPECT_THAT(Take(request), IsOk());
  EXPECT_EQ(hazard_.SerializeAsString(), first) << "the same request, the same answer";
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM transition_log WHERE method <> 'Create'"), "1");
  EXPECT_EQ(service_.Ask("SELECT CONCAT_WS('|', resource, field, method, from_state, to_state, actor, note, "
                         "request_id) FROM transition_log WHERE method <> 'Create'"),
            absl::StrCat(kName, "|state|GradeHazard|1|2|users/officer|按现场情况|", request.request_id()));
  EXPECT_EQ(service_.Ask("SELECT state FROM hazard_history"), "1");
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM outbox"), "2");
}

TEST_F(StepsTest, IsNotHeldUpByWhatWasWrongBefore) {
  service_.Run("UPDATE hazard SET display_name = '围墙\n开裂', rectifier = '总务\n处'");
  EXPECT_THAT(Take(Grade()), IsOk());
  safety::v1::AssignHazardRequest assign;
  assign.set_rectifier("保卫\n处");
  EXPECT_THAT(Take(assign), HasReason("FIELD_CHARACTERS")) << "what it brings itself is its own";
}

TEST_F(StepsTest, TellsAnEmptyTextFromNone) {
  service_.Run("UPDATE hazard SET measures = '更换', funds = 5, emergency_plan = '停用'");
  SetState(Hazard::STATE_ASSIGNED);
  safety::v1::StartHazardRectificationRequest start;
  start.set_measures("");
  start.set_funds("");
  ASSERT_THAT(Take(start), IsOk());
  EXPECT_EQ(hazard_.measures() + hazard_.funds(), "") << "given, and empty";
  EXPECT_EQ(hazard_.emergency_plan(), "停用") << "not given";
  EXPECT_EQ(service_.Ask("SELECT CONCAT_WS('|', measures, funds IS NULL, emergency_plan) FROM hazard"), "|1|停用");
}

TEST_F(StepsTest, RefusesOtherStatesEtagsAndCallers) {
  safety::v1::CloseHazardRequest close;
  const absl::Status refused = Take(close);
  EXPECT_THAT(refused, HasReason("STATE_NOT_ALLOWED"));
  auto request = Grade();
  request.set_etag("\"0-0\"");
  EXPECT_THAT(Take(request), HasReason("ETAG_MISMATCH"));
  request.set_etag(hazard_.etag());
  EXPECT_THAT(Take(request, SchoolClerk(kSchool)), HasReason("ROLE_MISSING"));
  EXPECT_THAT(Take(request, Officer("users/x", "districts/310115")), HasReason("ROLE_MISSING"));
  EXPECT_THAT(Take(request, Partner("safety.Hazard", {"state"}, {"310114"})), HasReason("METHOD_NOT_SHARED"));
  request.set_name(std::string(kName) + "2");
  EXPECT_THAT(Take(request), StatusIs(absl::StatusCode::kNotFound));
  request.set_name("nonsense");
  EXPECT_THAT(Take(request, Officer("users/x", "*")), HasReason("NAME_INVALID"));
  request.set_name("");
  request.set_note(std::string(2001, 'x'));
  EXPECT_THAT(Take(request), HasReason("FIELD_TOO_LONG"));
  request.set_note("按现场情况\u202E");
  EXPECT_THAT(Take(request), HasReason("FIELD_CHARACTERS"));
  request.set_note(Repeated("整", 2001));
  EXPECT_THAT(Take(request), HasReason("FIELD_TOO_LONG"));
  request.clear_note();
  request.set_grade(static_cast<safety::v1::HazardGrade>(99));
  EXPECT_THAT(Take(request), HasReason("ENUM_UNKNOWN"));
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM transition_log WHERE method <> 'Create'"), "0");
  EXPECT_EQ(service_.Ask("SELECT version FROM hazard"), "1");
  request = Grade();
  request.set_etag(hazard_.etag());
  EXPECT_THAT(Take(request), IsOk());
}

TEST_F(StepsTest, ANoteIsMeasuredInCharacters) {
  auto request = Grade();
  request.set_note(Repeated("整", 2000));
  EXPECT_THAT(Take(request), IsOk());
  EXPECT_EQ(service_.Ask("SELECT CHAR_LENGTH(note) FROM transition_log WHERE method <> 'Create'"), "2000");
}

TEST_F(StepsTest, NeedsAnotherPersonThanEachThatIsNamed) {
  SetState(Hazard::STATE_ASSIGNED);
  ASSERT_THAT(Take(safety::v1::StartHazardRectificationRequest(), Officer("users/one")), IsOk());
  ASSERT_THAT(Take(safety::v1::RequestHazardRecheckRequest(), Officer("users/two")), IsOk());
  for (const char* same : {"users/one", "users/two"}) {
    EXPECT_THAT(Take(safety::v1::PassHazardRecheckRequest(), Officer(same)), HasReason("SAME_ACTOR")) << same;
    EXPECT_THAT(Take(Reject(), Officer(same)), HasReason("SAME_ACTOR")) << same;
  }
  EXPECT_THAT(Take(safety::v1::PassHazardRecheckRequest(), Officer("users/three")), IsOk());
}

// A hazard's engine with one rule.
class RuleTest : public StepsTest {
 protected:
  absl::Status GradeBy(const Rules& rules) {
    Engine engine(service_.parts(), hazards_.table(), *TransitionsOf(hazards_.table()), rules);
    auto request = Grade();
    request.set_name(kName);
    return engine.steps().Take(CallOf(Officer(), Method("GradeHazard")), request, &hazard_);
  }
};

TEST_F(RuleTest, TheFactsComeBeforeTheDecision) {
  Rules rules;
  rules.On<safety::v1::GradeHazardRequest, Hazard, std::string>(
      [](const rpc::Call&, db::Tx& tx, const Hazard& old, const auto&) -> absl::StatusOr<std::string> {
        EXPECT_EQ(old.state(), Hazard::STATE_REGISTERED);
        ASSIGN_OR_RETURN(db::Rows rows, tx.Query("SELECT display_name FROM hazard"));
        rows.Next();
        return rows.Text(0);
      },
      [](const StepContext& context, const Hazard&, const safety::v1::GradeHazardRequest& request,
         const std::string& fact, Hazard* next) {
        EXPECT_EQ(context.caller.principal(), "users/officer");
        EXPECT_EQ(next->grade(), request.grade());
        EXPECT_EQ(next->state(), Hazard::STATE_GRADED);
        next->set_rectifier(fact);
        return absl::OkStatus();
      });
  ASSERT_THAT(GradeBy(rules), IsOk());
  EXPECT_EQ(hazard_.rectifier(), "围墙开裂");
}

// What a rule makes of the row is checked as an Update would be, and nothing is written.
TEST_F(RuleTest, TheResultIsCheckedAsUpdateWould) {
  for (const auto& spoil : std::vector<std::function<void(Hazard*)>>{
           [](Hazard* next) { next->clear_display_name(); },
           [](Hazard* next) { next->set_description(std::string(2001, 'x')); },
           [](Hazard* next) { next->set_rectifier(std::string(2001, 'x')); },
           [](Hazard* next) { next->set_point(absl::StrCat(kSchool, "/inspectionPoints/none")); }}) {
    Rules rules;
    rules.On<safety::v1::GradeHazardRequest, Hazard>([&](const StepContext&, const Hazard&, const auto&, Hazard* next) {
      spoil(next);
      return absl::OkStatus();
    });
    const absl::Status status = GradeBy(rules);
    EXPECT_TRUE(absl::IsInvalidArgument(status) || absl::IsFailedPrecondition(status)) << status;
  }
  Rules refusing;
  refusing.check = [](const Message& next, absl::CivilDay) {
    return static_cast<const Hazard&>(next).state() == Hazard::STATE_GRADED ? Refused("NOT_SO", "不行")
                                                                            : absl::OkStatus();
  };
  EXPECT_THAT(GradeBy(refusing), HasReason("NOT_SO"));
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM transition_log WHERE method <> 'Create'"), "0");
  EXPECT_EQ(service_.Ask("SELECT version FROM hazard"), "1");
}

// What a step asks for beside its rule.
class DeclaredTest : public StepsTest {
 protected:
  // Grades with the declaration edited.
  absl::Status GradeWith(const std::function<void(Transition*, options::v1::Transition*)>& edit,
                         const call::v1::Caller& caller) {
    std::vector<Transition> transitions = *TransitionsOf(hazards_.table());
    options::v1::Transition options;
    for (Transition& transition : transitions) {
      if (transition.method->name() != "GradeHazard") continue;
      options = *transition.options;
      edit(&transition, &options);
      transition.options = &options;
    }
    Engine engine(service_.parts(), hazards_.table(), transitions, {});
    safety::v1::CreateHazardRequest create;
    create.set_parent(kSchool);
    create.set_hazard_id("g");
    *create.mutable_hazard() = hazard_;
    const absl::Status made =
        engine.writer().Create(CallOf(Officer("users/one"), Method("CreateHazard")), create, &hazard_);
    EXPECT_TRUE(made.ok() || absl::IsAlreadyExists(made)) << made;
    auto request = Grade();
    request.set_name(absl::StrCat(kSchool, "/hazards/g"));
    return engine.steps().Take(CallOf(caller, Method("GradeHazard")), request, &hazard_);
  }
};

TEST_F(DeclaredTest, ARequiredFieldIsMissingOrBlank) {
  EXPECT_THAT(Take(safety::v1::GradeHazardRequest()), HasReason("FIELD_REQUIRED"));
  SetState(Hazard::STATE_GRADED);
  safety::v1::AssignHazardRequest assign;
  assign.set_rectifier("  ");
  EXPECT_THAT(Take(assign), HasReason("FIELD_REQUIRED"));
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM transition_log WHERE method <> 'Create'"), "0");
  assign.set_rectifier("总务处");
  EXPECT_THAT(Take(assign), HasReason("DUE_MISSING")) << "no rule sets it here";
  EXPECT_EQ(service_.Ask("SELECT version FROM hazard"), "1");
}

TEST_F(DeclaredTest, OfStepsToOtherStatesBeforeWhoTookThemCountsNoLonger) {
  ASSERT_THAT(GradeWith([](Transition*, options::v1::Transition*) {}, Officer("users/one")), IsOk());
  service_.Run(
      "INSERT INTO transition_log (resource, resource_row, field, method, from_state, to_state, actor, note, "
      "request_id, create_time) SELECT CONCAT('" +
      std::string(kSchool) +
      "/hazards/g'), row_id, 'state', 'ReassignHazard', 4, 3, 'users/one', '', '', NOW(6) FROM hazard "
      "WHERE hazard_id = 'g'");
  const auto not_by_reassigner = [](Transition*, options::v1::Transition* options) {
    options->add_not_same_actor_as("ReassignHazard");
  };
  SetState(Hazard::STATE_ASSIGNED);
  EXPECT_THAT(GradeWith(not_by_reassigner, Officer("users/one")), HasReason("SAME_ACTOR"));
  SetState(Hazard::STATE_REGISTERED);
  EXPECT_THAT(GradeWith(not_by_reassigner, Officer("users/one")), IsOk());
}

TEST_F(DeclaredTest, WhoCreatedMayBeExcluded) {
  const auto not_by_creator = [](Transition*, options::v1::Transition* options) {
    options->add_not_same_actor_as(kCreate);
  };
  EXPECT_THAT(GradeWith(not_by_creator, Officer("users/one")), HasReason("SAME_ACTOR"));
  EXPECT_THAT(GradeWith(not_by_creator, Officer("users/two")), IsOk());
  EXPECT_EQ(service_.Ask("SELECT CONCAT_WS('|', method, from_state, to_state, actor) FROM transition_log WHERE "
                         "method = 'Create' ORDER BY row_id DESC LIMIT 1"),
            "Create|0|1|users/one");
}

TEST_F(DeclaredTest, TheRoleIsHeldWhereAFieldSays) {
  const std::string point = absl::StrCat(kSchool, "/inspectionPoints/gate");
  service_.Run(
      "INSERT INTO inspection_point (district_id, school_id, inspection_point_id, version, create_time, update_time, "
      "display_name, area, location, monthly_patrols, retired) VALUES ('310114', '2131000001', 'gate', 1, NOW(6), "
      "NOW(6), '校门', 1, '', 1, 0)");
  hazard_.set_point(point);
  const auto at_point = [&](Transition* transition, options::v1::Transition* options) {
    options->set_at("point");
    transition->at = hazards_.table().Find("point");
  };
  EXPECT_THAT(GradeWith(at_point, Officer("users/x", absl::StrCat(kSchool, "/inspectionPoints/roof"))),
              HasReason("ROLE_MISSING"));
  EXPECT_THAT(GradeWith(at_point, Officer("users/x", point)), IsOk());
}

TEST_F(StepsTest, AStepInsideATransactionIsWrittenWithIt) {
  auto request = Grade();
  request.set_name(kName);
  const auto call = CallOf(SchoolClerk(kSchool), Method("CloseHazard"));
  const auto take = [&](const absl::Status& end) {
    return service_.pool->Transact(Soon(), [&](db::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const std::unique_ptr<Message> next, hazards_.steps().Take(call, tx, request));
      EXPECT_EQ(static_cast<const Hazard&>(*next).state(), Hazard::STATE_GRADED);
      return end;
    });
  };
  EXPECT_THAT(take(absl::CancelledError()), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(service_.Ask("SELECT CONCAT(state, version) FROM hazard"), "11");
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM transition_log WHERE method <> 'Create'"), "0");
  EXPECT_THAT(take(absl::OkStatus()), IsOk());
  EXPECT_EQ(service_.Ask("SELECT CONCAT(state, version) FROM hazard"), "22");
  EXPECT_EQ(service_.Ask("SELECT CONCAT_WS('|', method, actor) FROM transition_log WHERE method <> 'Create'"),
            "GradeHazard|users/school");
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM hazard_history"), "1");
  EXPECT_THAT(take(absl::OkStatus()), IsOk()) << "a graded one may be graded anew";
  SetState(Hazard::STATE_CLOSED);
  EXPECT_THAT(take(absl::OkStatus()), HasReason("STATE_NOT_ALLOWED"));
}

class ListTransitionsTest : public StepsTest {
 protected:
  void SetUp() override {
    StepsTest::SetUp();
    // The creation has an entry too.
    service_.Run("DELETE FROM transition_log WHERE method = 'Create'");
  }
  absl::Status List(const call::v1::Caller& caller, int size = 0, const std::string& token = "") {
    safety::v1::ListHazardTransitionsRequest request;
    request.set_name(kName);
    request.set_page_size(size);
    request.set_page_token(token);
    page_.Clear();
    return hazards_.steps().ListTransitions(CallOf(caller, Method("ListHazardTransitions")), request, &page_);
  }
  // "GradeHazard AssignHazard"
  std::string Methods() {
    std::string methods;
    for (const auto& one : page_.transitions()) {
      absl::StrAppend(&methods, methods.empty() ? "" : " ", one.method());
    }
    return methods;
  }

  resource::v1::ListTransitionsResponse page_;
};

TEST_F(ListTransitionsTest, TellsWhoDidWhatTheNewestFirst) {
  auto request = Grade();
  request.set_note("按现场情况");
  ASSERT_THAT(Take(request), IsOk());
  ASSERT_THAT(Take(safety::v1::ListHazardForSupervisionRequest(), Officer("users/other")), IsOk());
  ASSERT_THAT(List(Officer()), IsOk());
  EXPECT_EQ(Methods(), "ListHazardForSupervision GradeHazard");
  const resource::v1::Transition& grade = page_.transitions(1);
  EXPECT_EQ(absl::StrCat(grade.label(), "|", grade.field(), "|", grade.from(), "|", grade.to(), "|", grade.actor(), "|",
                         grade.note()),
            "定级|state|STATE_REGISTERED|STATE_GRADED|users/officer|按现场情况");
  EXPECT_EQ(page_.transitions(0).time().DebugString(), hazard_.update_time().DebugString());
  EXPECT_EQ(page_.next_page_token(), "");

  ASSERT_THAT(List(Officer(), 1), IsOk());
  EXPECT_EQ(Methods(), "ListHazardForSupervision");
  const std::string token = page_.next_page_token();
  ASSERT_THAT(List(Officer(), 1, token), IsOk());
  EXPECT_EQ(Methods(), "GradeHazard");
  EXPECT_EQ(page_.next_page_token(), "");
  EXPECT_THAT(List(Officer("users/another"), 1, token), HasReason("PAGE_TOKEN_INVALID"));
  EXPECT_THAT(List(Officer(), -1), HasReason("PAGE_SIZE_NEGATIVE"));
}

TEST_F(ListTransitionsTest, IsForWhoMayReadTheRow) {
  EXPECT_THAT(List(CallerOf("users/e", {{options::v1::ROLE_EVALUATOR, "districts/310100"}})), IsOk());
  EXPECT_THAT(List(CallerOf("users/e", {{options::v1::ROLE_EVALUATOR, "districts/310115"}})),
              HasReason("ROLE_MISSING"));
  EXPECT_THAT(List(Partner("safety.Hazard", {"state"}, {"310114"})), HasReason("METHOD_NOT_SHARED"));
}

// Another row may have had the name before; and the entries of older releases know the name alone.
TEST_F(ListTransitionsTest, IsOfTheRowNotOfItsName) {
  ASSERT_THAT(Take(Grade()), IsOk());
  service_.Run("UPDATE transition_log SET resource_row = NULL");
  ASSERT_THAT(List(Officer()), IsOk());
  EXPECT_EQ(Methods(), "GradeHazard");
  ASSERT_THAT(Take(Grade()), IsOk());
  service_.Run("DELETE FROM hazard");
  SetUp();
  ASSERT_THAT(List(Officer()), IsOk());
  EXPECT_EQ(Methods(), "");
  SetState(Hazard::STATE_ASSIGNED);
  ASSERT_THAT(Take(safety::v1::StartHazardRectificationRequest(), Officer("users/one")), IsOk());
  service_.Run("DELETE FROM hazard");
  SetUp();
  SetState(Hazard::STATE_RECHECK_REQUESTED);
  EXPECT_THAT(Take(safety::v1::PassHazardRecheckRequest(), Officer("users/one")), IsOk())
      << "rectified what was here before";
}

TEST_F(StepsTest, AnyEtagFitsAnyRow) {
  auto request = Grade();
  request.set_etag("*");
  EXPECT_THAT(Take(request), IsOk());
}

TEST_F(StepsTest, NeedsAnotherPersonForTheRecheck) {
  SetState(Hazard::STATE_RECTIFYING);
  ASSERT_THAT(Take(safety::v1::RequestHazardRecheckRequest(), Officer("users/one")), IsOk());
  EXPECT_THAT(Take(safety::v1::PassHazardRecheckRequest(), Officer("users/one")), HasReason("SAME_ACTOR"));
  EXPECT_THAT(Take(Reject(), Officer("users/one")), HasReason("SAME_ACTOR"));
  ASSERT_THAT(Take(Reject(), Officer("users/two")), IsOk());
  ASSERT_THAT(Take(safety::v1::RequestHazardRecheckRequest(), Officer("users/two")), IsOk());
  EXPECT_THAT(Take(safety::v1::PassHazardRecheckRequest(), Officer("users/two")), HasReason("SAME_ACTOR"))
      << "the last one counts";
  EXPECT_THAT(Take(safety::v1::PassHazardRecheckRequest(), Officer("users/one")), IsOk());
}

TEST_F(StepsTest, NeedsTheUpperLevelToLift) {
  service_.Run("UPDATE hazard SET listing = 2");
  safety::v1::LiftHazardSupervisionRequest lift;
  EXPECT_THAT(Take(lift, Officer()), HasReason("UPPER_LEVEL_REQUIRED"));
  EXPECT_THAT(Take(lift, Officer("users/x", kSchool)), HasReason("UPPER_LEVEL_REQUIRED"));
  EXPECT_THAT(Take(lift, Officer("users/x", "districts/320100")), HasReason("UPPER_LEVEL_REQUIRED"));
  EXPECT_THAT(Take(lift, CallerOf("users/x", {{options::v1::ROLE_SAFETY_OFFICER, "districts/310100"}})),
              HasReason("UPPER_LEVEL_REQUIRED"));
  EXPECT_THAT(Take(lift, Officer("users/x", "districts/310100")), IsOk());
  EXPECT_EQ(hazard_.listing(), Hazard::LISTING_LIFTED);
}

TEST_F(StepsTest, LeavesStatesAloneOtherwise) {
  safety::v1::UpdateHazardRequest update;
  *update.mutable_hazard() = hazard_;
  update.mutable_hazard()->set_state(Hazard::STATE_CLOSED);
  update.mutable_hazard()->set_rectifier("总务处");
  update.mutable_hazard()->set_description("新描述");
  ASSERT_THAT(hazards_.writer().Update(CallOf(Officer(), Method("UpdateHazard")), update, &hazard_), IsOk());
  EXPECT_EQ(hazard_.description(), "新描述");
  EXPECT_EQ(hazard_.state(), Hazard::STATE_REGISTERED);
  EXPECT_EQ(hazard_.rectifier(), "");
}

}  // namespace
}  // namespace edudelta::resource
