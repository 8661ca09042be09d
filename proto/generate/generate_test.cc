#include "proto/generate/generate.h"

#include <functional>
#include <memory>
#include <regex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "edudelta/options/v1/options.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"
#include "proto/generate/declarations.h"

namespace edudelta::generate {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorProto;
using options::v1::Field;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// The hand-written files of the package edudelta.garden.v1, as protoc would hand them over.
class Garden {
 public:
  Garden() { File("types")->mutable_options()->MutableExtension(options::v1::service)->set_label("园林"); }

  FileDescriptorProto* File(const std::string& name) {
    for (auto& file : files_) {
      if (file->name() == PathOf(name)) return file.get();
    }
    auto* file = files_.emplace_back(std::make_unique<FileDescriptorProto>()).get();
    file->set_name(PathOf(name));
    file->set_package("edudelta.garden.v1");
    file->set_syntax("proto3");
    file->add_dependency("edudelta/options/v1/options.proto");
    return file;
  }

  DescriptorProto* Message(const std::string& file, const std::string& name) {
    auto* message = File(file)->add_message_type();
    message->set_name(name);
    return message;
  }

  // In a file of its own.
  options::v1::Resource& Resource(const std::string& name, const std::string& pattern) {
    auto* message = Message(SnakeCase(name), name);
    AddString(message, "name");
    auto* resource = message->mutable_options()->MutableExtension(options::v1::resource);
    resource->set_pattern(pattern);
    return *resource;
  }

  // In the file of its resource.
  options::v1::Step& Step(const std::string& name, const std::string& of) {
    auto* message = Message(SnakeCase(of), name + "Request");
    for (const char* field : {"name", "etag", "request_id", "note"}) AddString(message, field);
    auto* step = message->mutable_options()->MutableExtension(options::v1::step);
    step->set_of(of);
    return *step;
  }

  // With a response of its own.
  options::v1::Custom& Custom(const std::string& file, const std::string& name, const std::string& pattern) {
    auto* custom = Message(file, name + "Request")->mutable_options()->MutableExtension(options::v1::custom);
    custom->set_pattern(pattern);
    Message(file, name + "Response");
    return *custom;
  }

  static FieldDescriptorProto* AddString(DescriptorProto* message, const std::string& name) {
    auto* field = message->add_field();
    field->set_name(name);
    field->set_number(message->field_size());
    field->set_type(FieldDescriptorProto::TYPE_STRING);
    field->set_label(FieldDescriptorProto::LABEL_OPTIONAL);
    return field;
  }

  static void Comment(FileDescriptorProto* file, const std::vector<int>& path, const std::string& text) {
    auto* location = file->mutable_source_code_info()->add_location();
    for (const int each : path) location->add_path(each);
    for (const int each : {6, 0, 9}) location->add_span(each);
    location->set_leading_comments(text);
  }

  absl::StatusOr<std::string> Generate() const {
    google::protobuf::DescriptorPool pool(google::protobuf::DescriptorPool::generated_pool());
    std::vector<const google::protobuf::FileDescriptor*> built;
    for (const auto& file : files_) {
      built.push_back(pool.BuildFile(*file));
      if (built.back() == nullptr) return absl::InternalError("not a file");
    }
    return generate::Generate(built);
  }

  std::string Text() const { return Generate().value(); }

  // The names of its rpcs, in order.
  std::vector<std::string> Rpcs() const {
    const std::string text = Text();
    const std::regex rpc("  rpc (\\w+)\\(");
    std::vector<std::string> names;
    for (std::sregex_iterator it(text.begin(), text.end(), rpc), end; it != end; ++it) names.push_back((*it)[1]);
    return names;
  }

 private:
  static std::string PathOf(const std::string& name) { return absl::StrCat("edudelta/garden/v1/", name, ".proto"); }

  std::vector<std::unique_ptr<FileDescriptorProto>> files_;
};

constexpr char kTree[] = "parks/{park}/trees/{tree}";

TEST(Generate, WritesAWholeFile) {
  Garden garden;
  Garden::Comment(garden.File("types"), {FileDescriptorProto::kSyntaxFieldNumber}, " Garden: trees.\n Old ones.\n");
  auto& tree = garden.Resource("Tree", kTree);
  tree.add_methods(options::v1::Resource::GET);
  tree.add_methods(options::v1::Resource::DELETE);
  auto& fell = garden.Step("FellTree", "Tree");
  fell.set_field("state");
  fell.add_from("STATE_SICK");
  fell.add_from("STATE_\"OLD\"");
  fell.set_to("STATE_FELLED");
  fell.add_role(options::v1::ROLE_BUREAU_CLERK);
  fell.set_upper_level(true);
  fell.set_label("采伐");
  fell.set_rule(true);
  fell.add_not_same_actor_as("Create");
  Garden::Comment(garden.File("tree"), {4, 1}, " 采伐. By the park's own people.\n");
  auto& count = garden.Custom("tree", "CountTrees", "parks/{park}");
  count.set_verb("countTrees");
  count.set_label("清点");
  count.add_role(options::v1::ROLE_EVALUATOR);
  count.set_reads(true);
  EXPECT_EQ(garden.Text(), R"(// Garden: trees.
// Old ones.
//
// Generated by proto/generate from the files beside it; do not edit.
syntax = "proto3";

package edudelta.garden.v1;

import "edudelta/garden/v1/tree.proto";
import "edudelta/options/v1/options.proto";
import "edudelta/resource/v1/transition.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/timestamp.proto";

// Half of the code to compile; the resources in these messages keep their own fast parsers.
option optimize_for = CODE_SIZE;

service GardenService {
  option (edudelta.options.v1.service_label) = "园林";

  // Reads one Tree. NOT_FOUND when it is not there or may not be seen.
  rpc GetTree(GetTreeRequest) returns (Tree) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }

  // FAILED_PRECONDITION when it has children.
  rpc DeleteTree(DeleteTreeRequest) returns (google.protobuf.Empty) {
    option idempotency_level = IDEMPOTENT;
  }

  // Who took which step when, the newest first; for whoever may read the Tree.
  rpc ListTreeTransitions(ListTreeTransitionsRequest) returns (edudelta.resource.v1.ListTransitionsResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }

  // 采伐. By the park's own people.
  rpc FellTree(FellTreeRequest) returns (Tree) {
    option (edudelta.options.v1.transition) = {
      field: "state"
      from: ["STATE_SICK", "STATE_\"OLD\""]
      to: "STATE_FELLED"
      role: [ROLE_BUREAU_CLERK]
      upper_level: true
      not_same_actor_as: ["Create"]
      label: "采伐"
      rule: true
    };
  }

  rpc CountTrees(CountTreesRequest) returns (CountTreesResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (edudelta.options.v1.method) = {
      pattern: "parks/{park}"
      verb: "countTrees"
      label: "清点"
      role: [ROLE_EVALUATOR]
    };
  }
}

message GetTreeRequest {
  string name = 1;
  // Record time, at least 5 s in the past; now when absent.
  google.protobuf.Timestamp read_time = 2;
}

message DeleteTreeRequest {
  string name = 1;
  string etag = 2;
  string request_id = 3;
}

message ListTreeTransitionsRequest {
  string name = 1;
  // Default 50, at most 1,000.
  int32 page_size = 2;
  string page_token = 3;
}
)");
}

TEST(Generate, KeepsFieldNumbersWhereThereIsNoParent) {
  Garden garden;
  garden.Resource("Park", "parks/{park}");
  garden.Resource("Tree", kTree);
  EXPECT_THAT(garden.Text(), AllOf(HasSubstr(R"(
message CreateParkRequest {
  // Last segment of the name; made by the service when empty.
  string park_id = 2;
  Park park = 3;
)"),
                                   HasSubstr(R"(
message CreateTreeRequest {
  // "parks/{park}".
  string parent = 1;
  // Last segment of the name; made by the service when empty.
  string tree_id = 2;
  Tree tree = 3;
)"),
                                   HasSubstr(R"(
message ExportParksRequest {
  string filter = 2;
)"),
                                   HasSubstr(R"(
message ExportTreesRequest {
  // "parks/{park}"; "-" in place of an id means any.
  string parent = 1;
  string filter = 2;
)")));
}

TEST(Generate, NamesMethodsAndFieldsByThePlural) {
  Garden garden;
  garden.Resource("TreeNursery", "treeNurseries/{tree_nursery}").set_plural("TreeNurseries");
  const std::string text = garden.Text();
  EXPECT_THAT(text, HasSubstr("message ListTreeNurseriesResponse {\n  repeated TreeNursery tree_nurseries = 1;\n"));
  EXPECT_THAT(text, HasSubstr("  rpc UpdateTreeNursery(UpdateTreeNurseryRequest) returns (TreeNursery);\n"));
  EXPECT_THAT(text, Not(HasSubstr("TreeNurserys")));
}

TEST(Methods, AreAllUnlessRowsAreFixed) {
  Garden all;
  all.Resource("Tree", kTree);
  EXPECT_THAT(all.Rpcs(), ElementsAre("GetTree", "ListTrees", "CreateTree", "BatchCreateTrees", "UpdateTree",
                                      "DeleteTree", "ImportTrees", "ExportTrees", "ListTreeRevisions"));
  Garden read_only;
  read_only.Resource("Tree", kTree).set_read_only(true);
  EXPECT_THAT(read_only.Rpcs(), ElementsAre("GetTree", "ListTrees", "ExportTrees"));
  Garden append_only;
  append_only.Resource("Tree", kTree).set_append_only(true);
  EXPECT_THAT(append_only.Rpcs(),
              ElementsAre("GetTree", "ListTrees", "CreateTree", "BatchCreateTrees", "ImportTrees", "ExportTrees"));
  Garden given;
  auto& tree = given.Resource("Tree", kTree);
  for (const auto method : {options::v1::Resource::UPDATE, options::v1::Resource::GET}) tree.add_methods(method);
  EXPECT_THAT(given.Rpcs(), ElementsAre("GetTree", "UpdateTree", "ListTreeRevisions"));
}

TEST(Methods, IncludeSearchWhereASensitiveFieldIsFilterable) {
  for (const auto& [level, filterable, searched] : {std::tuple(Field::L4, true, true),
                                                    {Field::L3, true, true},
                                                    {Field::L2, true, false},
                                                    {Field::L4, false, false}}) {
    Garden garden;
    auto& tree = garden.Resource("Tree", kTree);
    for (const auto method : {options::v1::Resource::LIST, options::v1::Resource::UPDATE}) tree.add_methods(method);
    auto* field = Garden::AddString(garden.File("tree")->mutable_message_type(0), "owner")
                      ->mutable_options()
                      ->MutableExtension(options::v1::field);
    field->set_level(level);
    field->set_filterable(filterable);
    const std::vector<std::string> rpcs = garden.Rpcs();
    if (searched) {
      EXPECT_THAT(rpcs, ElementsAre("ListTrees", "SearchTrees", "UpdateTree", "ListTreeRevisions")) << level;
    } else {
      EXPECT_THAT(rpcs, ElementsAre("ListTrees", "UpdateTree", "ListTreeRevisions")) << level << filterable;
    }
  }
}

TEST(Customs, AnswerAsTheySay) {
  Garden garden;
  garden.Resource("Tree", kTree).add_methods(options::v1::Resource::GET);
  garden.Custom("tree", "Plant", "parks/{park}").set_returns("Tree");
  garden.Custom("tree", "Forget", "parks/{park}").set_returns("edudelta.options.v1.Field.Decimal");
  auto& watch = garden.Custom("tree", "WatchTrees", "");
  watch.set_internal(true);
  watch.set_stream(true);
  const std::string text = garden.Text();
  EXPECT_THAT(text, HasSubstr("  rpc Plant(PlantRequest) returns (Tree) {\n"));
  EXPECT_THAT(text, HasSubstr("  rpc Forget(ForgetRequest) returns (edudelta.options.v1.Field.Decimal) {\n"));
  EXPECT_THAT(text, HasSubstr("  rpc WatchTrees(WatchTreesRequest) returns (stream WatchTreesResponse) {\n"
                              "    option (edudelta.options.v1.method) = {\n      internal: true\n    };\n"));
}

TEST(Order, OfResourcesIsThatOfTheirTree) {
  Garden garden;
  const auto add = [&](const std::string& name, const std::string& pattern, int order) {
    auto& resource = garden.Resource(name, pattern);
    resource.set_order(order);
    resource.add_methods(options::v1::Resource::GET);
  };
  add("Branch", "parks/{park}/trees/{tree}/branches/{branch}", 0);
  add("Bench", "parks/{park}/benches/{bench}", 2);
  add("Pond", "parks/{park}/ponds/{pond}", 0);
  add("Tree", kTree, 1);
  add("Fence", "parks/{park}/fences/{fence}", 0);
  add("Alley", "streets/{street}/alleys/{alley}", 1);  // streets are another service's
  add("Park", "parks/{park}", 2);
  EXPECT_THAT(garden.Rpcs(),
              ElementsAre("GetAlley", "GetPark", "GetTree", "GetBranch", "GetBench", "GetFence", "GetPond"));
}

TEST(Order, OfTheRestIsByCollectionStepsFirst) {
  Garden garden;
  const auto add = [&](const std::string& name, const std::string& pattern, int order) {
    auto& resource = garden.Resource(name, pattern);
    resource.set_order(order);
    resource.add_methods(options::v1::Resource::GET);
  };
  add("Park", "parks/{park}", 1);
  add("Tree", kTree, 0);
  add("Street", "streets/{street}", 2);
  garden.Custom("notes", "Aggregate", "parks/{park}");  // its file has no resource
  garden.Custom("street", "Sweep", "streets/{street}");
  garden.Step("CloseStreet", "Street");
  garden.Custom("park", "CountTrees", "parks/{park}");
  garden.Custom("park", "AddUp", "parks/{park}");
  garden.Step("ProposeTree", "Tree");
  garden.Step("FellTree", "Tree");
  garden.Custom("park", "Watch", "").set_internal(true);
  garden.Step("OpenPark", "Park");
  EXPECT_THAT(garden.Rpcs(), ElementsAre("GetPark", "ListParkTransitions", "GetTree", "ListTreeTransitions",
                                         "GetStreet", "ListStreetTransitions", "OpenPark", "ProposeTree", "FellTree",
                                         "CountTrees", "AddUp", "CloseStreet", "Sweep", "Aggregate", "Watch"));
}

TEST(Generate, RefusesWithFileLineMessageAndReason) {
  Garden garden;
  garden.Resource("Tree", "trees");
  garden.Step("FellTree", "Bush");
  Garden::Comment(garden.File("bush"), {4, 0}, "");
  const auto text = garden.Generate();
  EXPECT_EQ(text.status().message(),
            "edudelta/garden/v1/bush.proto:7: FellTreeRequest: a step of \"Bush\", which is no resource");
}

TEST(Generate, RefusesWhatMakesNoService) {
  using Case = std::pair<const char*, std::function<void(Garden&)>>;
  const std::vector<Case> cases = {
      {"no valid pattern", [](Garden& g) { g.Resource("Bush", ""); }},
      {"no valid pattern", [](Garden& g) { g.Resource("Bush", "parks//bushes/{bush}"); }},
      {"another resource has this pattern", [](Garden& g) { g.Resource("Bush", kTree); }},
      {"one resource a file",
       [](Garden& g) {
         g.Message("tree", "Bush")->mutable_options()->MutableExtension(options::v1::resource)->set_pattern("b/{b}");
       }},
      {"the file of a resource is named after it: old_bush.proto",
       [](Garden& g) {
         g.Message("bush", "OldBush")->mutable_options()->MutableExtension(options::v1::resource)->set_pattern("b/{b}");
       }},
      {"a method is given twice",
       [](Garden& g) {
         auto& bush = g.Resource("Bush", "bushes/{bush}");
         for (int i = 0; i < 2; ++i) bush.add_methods(options::v1::Resource::GET);
       }},
      {"Create of a resource whose rows are fixed",
       [](Garden& g) {
         auto& bush = g.Resource("Bush", "bushes/{bush}");
         bush.set_read_only(true);
         bush.add_methods(options::v1::Resource::CREATE);
       }},
      {"Update of a resource whose rows are fixed",
       [](Garden& g) {
         auto& bush = g.Resource("Bush", "bushes/{bush}");
         bush.set_append_only(true);
         bush.add_methods(options::v1::Resource::UPDATE);
       }},
      {"BATCH_CREATE needs CREATE",
       [](Garden& g) { g.Resource("Bush", "bushes/{bush}").add_methods(options::v1::Resource::BATCH_CREATE); }},
      {"EXPORT needs LIST",
       [](Garden& g) { g.Resource("Bush", "bushes/{bush}").add_methods(options::v1::Resource::EXPORT); }},
      {"needs LIST",
       [](Garden& g) {
         g.Resource("Bush", "bushes/{bush}").add_methods(options::v1::Resource::GET);
         auto* field = Garden::AddString(g.File("bush")->mutable_message_type(0), "owner")
                           ->mutable_options()
                           ->MutableExtension(options::v1::field);
         field->set_level(Field::L3);
         field->set_filterable(true);
       }},
      {"a step of \"Bench\", which is no resource",
       [](Garden& g) {
         g.Message("bench", "Bench");
         g.Step("PaintBench", "Bench");
       }},
      {"a step stands in the file of its resource",
       [](Garden& g) {
         g.Resource("Bush", "bushes/{bush}");
         g.Step("CutTree", "Bush").set_of("Tree");
       }},
      {"a step begins with the strings",
       [](Garden& g) {
         g.Step("FellTree", "Tree");
         g.File("tree")->mutable_message_type(1)->mutable_field(2)->set_name("comment");
       }},
      {"a step begins with the strings",
       [](Garden& g) {
         g.Step("FellTree", "Tree");
         g.File("tree")->mutable_message_type(1)->mutable_field(3)->set_type(FieldDescriptorProto::TYPE_BYTES);
       }},
      {"a step is no custom method",
       [](Garden& g) {
         g.Step("FellTree", "Tree");
         g.File("tree")->mutable_message_type(1)->mutable_options()->MutableExtension(options::v1::custom);
       }},
      {"is named <Method>Request",
       [](Garden& g) { g.Message("tree", "Fell")->mutable_options()->MutableExtension(options::v1::custom); }},
      {"returns Basket, which is no message",
       [](Garden& g) { g.Custom("tree", "Pick", "parks/{park}").set_returns("Basket"); }},
      {"returns PickResponse, which is no message",
       [](Garden& g) { g.Message("tree", "PickRequest")->mutable_options()->MutableExtension(options::v1::custom); }},
      {"two methods ListTrees", [](Garden& g) { g.Resource("Bush", "bushes/{bush}").set_plural("Trees"); }},
      {"GetTreeRequest: is written by proto/generate", [](Garden& g) { g.Custom("notes", "GetTree", "parks/{park}"); }},
      {"is written by proto/generate", [](Garden& g) { g.Message("notes", "ListTreesResponse"); }},
      {"another file has made a service",
       [](Garden& g) {
         g.File("more")->mutable_options()->MutableExtension(options::v1::service)->set_label("再园林");
       }},
      {"the service has no label",
       [](Garden& g) { g.File("types")->mutable_options()->MutableExtension(options::v1::service)->clear_label(); }},
      {"has the option `service`", [](Garden& g) { g.File("types")->clear_options(); }},
  };
  for (const auto& [why, spoil] : cases) {
    Garden garden;
    garden.Resource("Tree", kTree);
    ASSERT_TRUE(garden.Generate().ok());
    spoil(garden);
    const auto text = garden.Generate();
    EXPECT_EQ(text.status().code(), absl::StatusCode::kInvalidArgument) << why;
    EXPECT_THAT(text.status().message(), HasSubstr(why));
    EXPECT_FALSE(absl::StrContains(text.status().message(), "\n")) << text.status();
  }
}

}  // namespace
}  // namespace edudelta::generate
