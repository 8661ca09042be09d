#include <functional>

#include "absl/strings/str_replace.h"
#include "common/resource/test_engine.h"
#include "google/protobuf/descriptor.pb.h"

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

class WorkflowTest : public ::testing::Test {
 protected:
  void SetUp() override {
    service_.Run("INSERT INTO ref_school VALUES (?, '310114', '一小', '211', 1, NOW(6))", {std::string(kSchool)});
    safety::v1::CreateHazardRequest request;
    request.set_parent(kSchool);
    request.set_hazard_id("h");
    request.mutable_hazard()->set_display_name("围墙开裂");
    request.mutable_hazard()->set_description("东侧围墙开裂");
    *request.mutable_hazard()->mutable_found_date() = calendar::ToProto(absl::CivilDay(2026, 3, 2));
    ASSERT_THAT(hazards_.Create(CallOf(Officer(), Method("CreateHazard")), request, &hazard_), IsOk());
    EXPECT_EQ(hazard_.state(), Hazard::STATE_REGISTERED);
    EXPECT_EQ(hazard_.listing(), Hazard::LISTING_NONE);
  }
  static std::string Method(const std::string& method) { return "edudelta.safety.v1.SafetyService." + method; }

  template <typename Request>
  absl::Status Take(Request request, const call::v1::Caller& caller = Officer()) {
    if (request.name().empty()) request.set_name(kName);
    std::string method = Request::descriptor()->name();
    method.resize(method.size() - std::string("Request").size());
    return hazards_.Take(CallOf(caller, Method(method)), request, &hazard_);
  }
  safety::v1::GradeHazardRequest Grade() {
    safety::v1::GradeHazardRequest request;
    request.set_grade(safety::v1::HAZARD_GRADE_GENERAL);
    return request;
  }
  void SetState(Hazard::State state) {
    service_.Run(absl::StrCat("UPDATE hazard SET state = ", static_cast<int>(state)));
  }

  TestService service_{{Hazard::descriptor(), safety::v1::InspectionPoint::descriptor()}};
  Engine& hazards_ = service_.engine("safety.Hazard");
  Hazard hazard_;
};

TEST_F(WorkflowTest, MovesTheStateAndKeepsALog) {
  auto request = Grade();
  request.set_note("按现场情况");
  request.set_request_id(NewUuid());
  ASSERT_THAT(Take(request), IsOk());
  EXPECT_EQ(hazard_.state(), Hazard::STATE_GRADED);
  EXPECT_EQ(hazard_.grade(), safety::v1::HAZARD_GRADE_GENERAL);
  const std::string first = hazard_.SerializeAsString();
  EXPECT_THAT(Take(request), IsOk());
  EXPECT_EQ(hazard_.SerializeAsString(), first) << "the same request, the same answer";
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM transition_log"), "1");
  EXPECT_EQ(service_.Ask("SELECT CONCAT_WS('|', resource, field, method, from_state, to_state, actor, note, "
                         "request_id) FROM transition_log"),
            absl::StrCat(kName, "|state|GradeHazard|1|2|users/officer|按现场情况|", request.request_id()));
  EXPECT_EQ(service_.Ask("SELECT state FROM hazard_history"), "1");
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM outbox"), "2");
}

TEST_F(WorkflowTest, RefusesOtherStatesEtagsAndCallers) {
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
  request.set_note(Repeated("整", 2001));
  EXPECT_THAT(Take(request), HasReason("FIELD_TOO_LONG"));
  request.clear_note();
  request.set_grade(static_cast<safety::v1::HazardGrade>(99));
  EXPECT_THAT(Take(request), HasReason("ENUM_UNKNOWN"));
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM transition_log"), "0");
  EXPECT_EQ(service_.Ask("SELECT version FROM hazard"), "1");
  request = Grade();
  request.set_etag(hazard_.etag());
  EXPECT_THAT(Take(request), IsOk());
}

TEST_F(WorkflowTest, ANoteIsMeasuredInCharacters) {
  auto request = Grade();
  request.set_note(Repeated("整", 2000));
  EXPECT_THAT(Take(request), IsOk());
  EXPECT_EQ(service_.Ask("SELECT CHAR_LENGTH(note) FROM transition_log"), "2000");
}

TEST_F(WorkflowTest, NeedsAnotherPersonThanEachThatIsNamed) {
  SetState(Hazard::STATE_ASSIGNED);
  ASSERT_THAT(Take(safety::v1::StartHazardRectificationRequest(), Officer("users/one")), IsOk());
  ASSERT_THAT(Take(safety::v1::RequestHazardRecheckRequest(), Officer("users/two")), IsOk());
  for (const char* same : {"users/one", "users/two"}) {
    EXPECT_THAT(Take(safety::v1::PassHazardRecheckRequest(), Officer(same)), HasReason("SAME_ACTOR")) << same;
    EXPECT_THAT(Take(safety::v1::RejectHazardRecheckRequest(), Officer(same)), HasReason("SAME_ACTOR")) << same;
  }
  EXPECT_THAT(Take(safety::v1::PassHazardRecheckRequest(), Officer("users/three")), IsOk());
}

using Edit = std::function<void(google::protobuf::FileDescriptorProto*)>;

// A file of safety's package once more under another package, after those that it imports, each edited.
void BuildAgain(const google::protobuf::FileDescriptor* original, const Edit& edit,
                google::protobuf::DescriptorPool* pool) {
  google::protobuf::FileDescriptorProto file;
  original->CopyTo(&file);
  file.ParseFromString(absl::StrReplaceAll(file.SerializeAsString(), {{"edudelta.safety.v1", "edudelta.safety.v9"},
                                                                      {"edudelta/safety/v1", "edudelta/safety/v9"}}));
  if (pool->FindFileByName(file.name()) != nullptr) return;
  for (int i = 0; i < original->dependency_count(); ++i) {
    if (original->dependency(i)->package() == original->package()) BuildAgain(original->dependency(i), edit, pool);
  }
  edit(&file);
  pool->BuildFile(file);
}

// Whether a service would start with the hazard's declaration edited, and with the rules.
absl::Status CheckHazard(const Edit& edit, const Rules& rules = {}) {
  google::protobuf::DescriptorPool pool(google::protobuf::DescriptorPool::generated_pool());
  BuildAgain(describe::OwnerOf(Hazard::descriptor())->file(), edit, &pool);
  const auto* type = pool.FindMessageTypeByName("edudelta.safety.v9.Hazard");
  if (type == nullptr) return absl::InternalError("not a file");
  const codes::CodeSets codes = codes::CodeSets::Embedded();
  ASSIGN_OR_RETURN(std::unique_ptr<Table> table, Table::Build(type, codes));
  ASSIGN_OR_RETURN(const std::vector<Transition> transitions, TransitionsOf(*table));
  return CheckRules(*table, transitions, rules);
}

Edit RecheckNotBy(const std::string& others) {
  return [others](google::protobuf::FileDescriptorProto* file) {
    for (auto& service : *file->mutable_service()) {
      for (auto& method : *service.mutable_method()) {
        if (method.name() != "PassHazardRecheck") continue;
        method.mutable_options()->MutableExtension(options::v1::transition)->set_not_same_actor_as(others);
      }
    }
  };
}

Edit GradeTakes(const std::string& name, google::protobuf::FieldDescriptorProto::Type type,
                google::protobuf::FieldDescriptorProto::Label label) {
  return [=](google::protobuf::FileDescriptorProto* file) {
    for (auto& message : *file->mutable_message_type()) {
      if (message.name() != "GradeHazardRequest") continue;
      auto* field = message.add_field();
      field->set_name(name);
      field->set_number(20);
      field->set_type(type);
      field->set_label(label);
    }
  };
}

TEST(Transitions, RefuseAnUnknownNameAmongThoseOfOthers) {
  EXPECT_THAT(CheckHazard(RecheckNotBy("StartHazardRectification RequestHazardRecheck")), IsOk());
  EXPECT_THAT(CheckHazard(RecheckNotBy("StartHazardRectification RequestRecheck")), HasReason("RESOURCE_DECLARATION"));
  EXPECT_THAT(CheckHazard(RecheckNotBy("UpdateHazard")), HasReason("RESOURCE_DECLARATION"))
      << "leaves nobody in the log";
}

TEST(Transitions, RefuseAFieldThatWouldBeDropped) {
  using Field = google::protobuf::FieldDescriptorProto;
  EXPECT_THAT(CheckHazard(GradeTakes("rectifier", Field::TYPE_STRING, Field::LABEL_OPTIONAL)), IsOk());
  EXPECT_THAT(CheckHazard(GradeTakes("rectifyer", Field::TYPE_STRING, Field::LABEL_OPTIONAL)),
              HasReason("RESOURCE_DECLARATION"))
      << "neither the resource nor a rule knows it";
  EXPECT_THAT(CheckHazard(GradeTakes("rectifier", Field::TYPE_INT32, Field::LABEL_OPTIONAL)),
              HasReason("RESOURCE_DECLARATION"))
      << "of another type";
  EXPECT_THAT(CheckHazard(GradeTakes("rectifier", Field::TYPE_STRING, Field::LABEL_REPEATED)),
              HasReason("RESOURCE_DECLARATION"));
}

absl::Status CheckHazardRules(const Rules& rules) {
  const codes::CodeSets codes = codes::CodeSets::Embedded();
  ASSIGN_OR_RETURN(std::unique_ptr<Table> table, Table::Build(Hazard::descriptor(), codes));
  ASSIGN_OR_RETURN(const std::vector<Transition> transitions, TransitionsOf(*table));
  return CheckRules(*table, transitions, rules);
}

TEST(Rules, AreForStepsOfTheirResource) {
  const auto decide = [](const StepContext&, const auto&, const auto&, auto*) { return absl::OkStatus(); };
  Rules right;
  right.On<safety::v1::GradeHazardRequest, Hazard>(decide);
  EXPECT_THAT(CheckHazardRules(right), IsOk());
  Rules of_another;
  of_another.On<planning::v1::CloseSchoolRequest, Hazard>(decide);
  EXPECT_THAT(CheckHazardRules(of_another), HasReason("RESOURCE_DECLARATION"));
  Rules no_step;
  no_step.On<safety::v1::UpdateHazardRequest, Hazard>(decide);
  EXPECT_THAT(CheckHazardRules(no_step), HasReason("RESOURCE_DECLARATION"));
  Rules other_row;
  other_row.On<safety::v1::GradeHazardRequest, safety::v1::Patrol>(decide);
  EXPECT_THAT(CheckHazardRules(other_row), HasReason("RESOURCE_DECLARATION"));
}

// A hazard's engine with one rule.
class RuleTest : public WorkflowTest {
 protected:
  absl::Status GradeBy(const Rules& rules) {
    Engine engine(*service_.context, hazards_.table(), *TransitionsOf(hazards_.table()), rules);
    auto request = Grade();
    request.set_name(kName);
    return engine.Take(CallOf(Officer(), Method("GradeHazard")), request, &hazard_);
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
           [](Hazard* next) { next->set_point(absl::StrCat(kSchool, "/inspectionPoints/none")); }}) {
    Rules rules;
    rules.On<safety::v1::GradeHazardRequest, Hazard>([&](const StepContext&, const Hazard&, const auto&, Hazard* next) {
      spoil(next);
      return absl::OkStatus();
    });
    EXPECT_FALSE(GradeBy(rules).ok());
  }
  Rules refusing;
  refusing.check = [](const Message&, absl::CivilDay) { return Refused("NOT_SO", "不行"); };
  EXPECT_THAT(GradeBy(refusing), HasReason("NOT_SO"));
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM transition_log"), "0");
  EXPECT_EQ(service_.Ask("SELECT version FROM hazard"), "1");
}

TEST_F(WorkflowTest, AnyEtagFitsAnyRow) {
  auto request = Grade();
  request.set_etag("*");
  EXPECT_THAT(Take(request), IsOk());
}

TEST_F(WorkflowTest, NeedsAnotherPersonForTheRecheck) {
  SetState(Hazard::STATE_RECTIFYING);
  ASSERT_THAT(Take(safety::v1::RequestHazardRecheckRequest(), Officer("users/one")), IsOk());
  EXPECT_THAT(Take(safety::v1::PassHazardRecheckRequest(), Officer("users/one")), HasReason("SAME_ACTOR"));
  EXPECT_THAT(Take(safety::v1::RejectHazardRecheckRequest(), Officer("users/one")), HasReason("SAME_ACTOR"));
  ASSERT_THAT(Take(safety::v1::RejectHazardRecheckRequest(), Officer("users/two")), IsOk());
  ASSERT_THAT(Take(safety::v1::RequestHazardRecheckRequest(), Officer("users/two")), IsOk());
  EXPECT_THAT(Take(safety::v1::PassHazardRecheckRequest(), Officer("users/two")), HasReason("SAME_ACTOR"))
      << "the last one counts";
  EXPECT_THAT(Take(safety::v1::PassHazardRecheckRequest(), Officer("users/one")), IsOk());
}

TEST_F(WorkflowTest, NeedsTheUpperLevelToLift) {
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

TEST_F(WorkflowTest, LeavesStatesAloneOtherwise) {
  safety::v1::UpdateHazardRequest update;
  *update.mutable_hazard() = hazard_;
  update.mutable_hazard()->set_state(Hazard::STATE_CLOSED);
  update.mutable_hazard()->set_rectifier("总务处");
  update.mutable_hazard()->set_description("新描述");
  ASSERT_THAT(hazards_.Update(CallOf(Officer(), Method("UpdateHazard")), update, &hazard_), IsOk());
  EXPECT_EQ(hazard_.description(), "新描述");
  EXPECT_EQ(hazard_.state(), Hazard::STATE_REGISTERED);
  EXPECT_EQ(hazard_.rectifier(), "");
}

}  // namespace
}  // namespace edudelta::resource
