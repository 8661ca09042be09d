// What of a step's declaration stops the start of a service.
#include "common/resource/transition.h"

#include <functional>

#include "absl/strings/str_replace.h"
#include "common/base/status.h"
#include "common/describe/describe.h"
#include "common/testing/matchers.h"
#include "edudelta/planning/v1/school.pb.h"
#include "edudelta/safety/v1/hazard.pb.h"
#include "edudelta/safety/v1/patrol.pb.h"
#include "edudelta/safety/v1/safety.pb.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"

namespace edudelta::resource {
namespace {

using safety::v1::Hazard;
using testing::HasReason;
using testing::IsOk;

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

void EachStep(google::protobuf::FileDescriptorProto* file,
              const std::function<void(const std::string& method, options::v1::Transition* step)>& edit) {
  for (auto& service : *file->mutable_service()) {
    for (auto& method : *service.mutable_method()) {
      if (!method.options().HasExtension(options::v1::transition)) continue;
      edit(method.name(), method.mutable_options()->MutableExtension(options::v1::transition));
    }
  }
}

// Whether a service would start with the hazard's declaration edited, none of its steps having a rule.
absl::Status CheckHazard(const Edit& edit) {
  google::protobuf::DescriptorPool pool(google::protobuf::DescriptorPool::generated_pool());
  const auto without_rules = [&](google::protobuf::FileDescriptorProto* file) {
    EachStep(file, [](const std::string&, options::v1::Transition* step) {
      step->clear_rule();
      step->clear_due();
    });
    edit(file);
  };
  BuildAgain(describe::OwnerOf(Hazard::descriptor())->file(), without_rules, &pool);
  const auto* type = pool.FindMessageTypeByName("edudelta.safety.v9.Hazard");
  if (type == nullptr) return absl::InternalError("not a file");
  const codes::CodeSets codes = codes::CodeSets::Embedded();
  ASSIGN_OR_RETURN(std::unique_ptr<Table> table, Table::Build(type, codes));
  ASSIGN_OR_RETURN(const std::vector<Transition> transitions, TransitionsOf(*table));
  return CheckRules(*table, transitions, {});
}

Edit Recheck(const std::function<void(options::v1::Transition*)>& edit) {
  return [edit](google::protobuf::FileDescriptorProto* file) {
    EachStep(file, [&](const std::string& method, options::v1::Transition* step) {
      if (method == "PassHazardRecheck") edit(step);
    });
  };
}

Edit RecheckNotBy(const std::vector<std::string>& others) {
  return Recheck([others](options::v1::Transition* step) {
    step->clear_not_same_actor_as();
    for (const std::string& other : others) step->add_not_same_actor_as(other);
  });
}

Edit GradeTakes(const std::string& name, google::protobuf::FieldDescriptorProto::Type type,
                google::protobuf::FieldDescriptorProto::Label count, const std::string& label = "") {
  return [=](google::protobuf::FileDescriptorProto* file) {
    for (auto& message : *file->mutable_message_type()) {
      if (message.name() != "GradeHazardRequest") continue;
      auto* field = message.add_field();
      if (!label.empty()) field->mutable_options()->MutableExtension(options::v1::field)->set_label(label);
      field->set_name(name);
      field->set_number(20);
      field->set_type(type);
      field->set_label(count);
    }
  };
}

TEST(Transitions, RefuseAnUnknownNameAmongThoseOfOthers) {
  EXPECT_THAT(CheckHazard(RecheckNotBy({"StartHazardRectification", "RequestHazardRecheck", "Create"})), IsOk());
  EXPECT_THAT(CheckHazard(RecheckNotBy({"StartHazardRectification", "RequestRecheck"})),
              HasReason("RESOURCE_DECLARATION"));
  EXPECT_THAT(CheckHazard(RecheckNotBy({"UpdateHazard"})), HasReason("RESOURCE_DECLARATION"))
      << "leaves nobody in the log";
}

TEST(Transitions, RefuseWhatNobodyCouldTake) {
  for (const auto& spoil : std::vector<std::function<void(options::v1::Transition*)>>{
           [](auto* step) { step->clear_label(); }, [](auto* step) { step->clear_role(); },
           [](auto* step) { step->set_field("grad"); }, [](auto* step) { step->set_to("STATE_NOWHERE"); },
           [](auto* step) { step->add_from("STATE_NOWHERE"); }, [](auto* step) { step->set_at("rectifier"); },
           [](auto* step) { step->set_at("pint"); },
           [](auto* step) {
             step->set_at("point");
             step->set_upper_level(true);
           },
           [](auto* step) { step->set_due("rectifier"); },
           // Nothing sets it.
           [](auto* step) { step->set_due("due_date"); }}) {
    EXPECT_THAT(CheckHazard(Recheck(spoil)), HasReason("RESOURCE_DECLARATION"));
  }
  EXPECT_THAT(CheckHazard(Recheck([](auto* step) { step->set_at("point"); })), IsOk());
}

TEST(Transitions, RefuseAFieldThatWouldBeDropped) {
  using Field = google::protobuf::FieldDescriptorProto;
  EXPECT_THAT(CheckHazard(GradeTakes("rectifier", Field::TYPE_STRING, Field::LABEL_OPTIONAL)), IsOk());
  EXPECT_THAT(CheckHazard(GradeTakes("rectifyer", Field::TYPE_STRING, Field::LABEL_OPTIONAL, "整改责任")),
              HasReason("RESOURCE_DECLARATION"))
      << "neither the resource nor a rule knows it";
  EXPECT_THAT(CheckHazard(GradeTakes("rectifier", Field::TYPE_STRING, Field::LABEL_OPTIONAL, "整改责任")),
              HasReason("RESOURCE_DECLARATION"))
      << "the resource has said its label";
  EXPECT_THAT(CheckHazard(GradeTakes("rectifier", Field::TYPE_INT32, Field::LABEL_OPTIONAL)),
              HasReason("RESOURCE_DECLARATION"))
      << "of another type";
  EXPECT_THAT(CheckHazard(GradeTakes("rectifier", Field::TYPE_STRING, Field::LABEL_REPEATED)),
              HasReason("RESOURCE_DECLARATION"));
}

absl::Status CheckHazardRules(const std::function<void(Rules*)>& edit) {
  const codes::CodeSets codes = codes::CodeSets::Embedded();
  ASSIGN_OR_RETURN(std::unique_ptr<Table> table, Table::Build(Hazard::descriptor(), codes));
  ASSIGN_OR_RETURN(const std::vector<Transition> transitions, TransitionsOf(*table));
  Rules rules;
  for (const Transition& transition : transitions) {
    if (!transition.options->rule()) continue;
    rules.steps[transition.method->input_type()] = {
        Hazard::descriptor(), nullptr,
        [](const StepContext&, const Message&, const Message&, const void*, Message*) { return absl::OkStatus(); }};
  }
  edit(&rules);
  return CheckRules(*table, transitions, rules);
}

TEST(Rules, AreThoseThatTheStepsDeclare) {
  const auto decide = [](const StepContext&, const auto&, const auto&, auto*) { return absl::OkStatus(); };
  EXPECT_THAT(CheckHazardRules([](Rules*) {}), IsOk());
  EXPECT_THAT(CheckHazardRules([&](Rules* rules) { rules->On<safety::v1::GradeHazardRequest, Hazard>(decide); }),
              IsOk());
  for (const auto& spoil : std::vector<std::function<void(Rules*)>>{
           [](Rules* rules) { rules->steps.erase(safety::v1::GradeHazardRequest::descriptor()); },
           [&](Rules* rules) { rules->On<safety::v1::ArchiveHazardRequest, Hazard>(decide); },
           [&](Rules* rules) { rules->On<planning::v1::CloseSchoolRequest, Hazard>(decide); },
           [&](Rules* rules) { rules->On<safety::v1::UpdateHazardRequest, Hazard>(decide); },
           [&](Rules* rules) { rules->On<safety::v1::GradeHazardRequest, safety::v1::Patrol>(decide); }}) {
    EXPECT_THAT(CheckHazardRules(spoil), HasReason("RESOURCE_DECLARATION"));
  }
}

}  // namespace
}  // namespace edudelta::resource
