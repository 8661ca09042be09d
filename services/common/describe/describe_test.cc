#include "common/describe/describe.h"

#include "common/base/error.h"
#include "edudelta/sample/v1/sample.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"

namespace edudelta::describe {
namespace {

using ::testing::ElementsAre;
namespace pb = sample::v1;

const google::protobuf::MethodDescriptor* Method(absl::string_view name) {
  const auto* file = pb::Room::descriptor()->file();
  return file->FindServiceByName("SampleService")->FindMethodByName(std::string(name));
}

Pattern Rooms() { return *ParsePattern("districts/{district}/schools/{school}/rooms/{room}"); }

TEST(ParsePattern, KnowsSegmentsAndVariables) {
  const Pattern pattern = Rooms();
  EXPECT_THAT(pattern.variables, ElementsAre("district", "school", "room"));
  EXPECT_EQ(pattern.segments.size(), 6u);
  EXPECT_EQ(CollectionOf(pattern), "rooms");
  EXPECT_EQ(ParentPattern(pattern).text, "districts/{district}/schools/{school}");
  EXPECT_EQ(ParentPattern(*ParsePattern("districts/{district}")).text, "");
  EXPECT_EQ(ParentPattern(*ParsePattern("districts/{district}/settings")).text, "districts/{district}");
}

TEST(ParsePattern, RefusesWhatIsNoPattern) {
  for (const char* text : {"", "/", "a//b", "districts/{}", "districts/{District}", "a/{x}/b/{x}", "a b", "{x"}) {
    EXPECT_EQ(ReasonOf(ParsePattern(text).status()), "PATTERN_INVALID") << text;
  }
}

TEST(ParseName, TakesOnlyNamesOfTheShape) {
  const Pattern pattern = Rooms();
  EXPECT_THAT(*ParseName(pattern, "districts/310114/schools/3131000123/rooms/A-1"),
              ElementsAre("310114", "3131000123", "A-1"));
  for (const char* name :
       {"", "districts", "districts/310114", "districts/310114/schools/1/rooms", "districts/310114/schools/1/rooms/",
        "districts/310114/schools/1/rooms/a/b", "districts//schools/1/rooms/a", "districts/310114/schools/1/room/a",
        "districts/310114/schools/1 2/rooms/a", "districts/-/schools/1/rooms/a",
        "/districts/310114/schools/1/rooms/a"}) {
    EXPECT_FALSE(ParseName(pattern, name).has_value()) << name;
  }
  EXPECT_TRUE(ParseName(pattern, "districts/-/schools/-/rooms/a", Wildcard::kAllowed).has_value());
}

TEST(BuildName, IsTheInverseOfParseName) {
  const std::string name = "districts/310114/schools/3131000123/rooms/A-1";
  EXPECT_EQ(BuildName(Rooms(), *ParseName(Rooms(), name)), name);
}

TEST(IsId, AllowsUnreservedCharactersOnly) {
  EXPECT_TRUE(IsId("A.b_c~d-9"));
  EXPECT_TRUE(IsId(std::string(63, 'a')));
  for (const std::string& id :
       {std::string(), std::string("-"), std::string(64, 'a'), std::string("a b"), std::string("名"), std::string("a%"),
        std::string("a:b"), std::string("."), std::string("..")}) {
    EXPECT_FALSE(IsId(id)) << id;
  }
}

TEST(Classify, KnowsStandardMethods) {
  const auto expect = [](absl::string_view name, MethodKind kind, absl::string_view verb, absl::string_view field) {
    const auto shape = Classify(Method(name));
    ASSERT_TRUE(shape.ok()) << name;
    EXPECT_EQ(shape->kind, kind) << name;
    EXPECT_EQ(shape->verb, verb) << name;
    EXPECT_EQ(shape->resource, pb::Room::descriptor()) << name;
    EXPECT_EQ(shape->resource_field == nullptr ? "" : shape->resource_field->name(), field) << name;
    EXPECT_EQ(shape->pattern.text, "districts/{district}/schools/{school}/rooms/{room}");
  };
  expect("GetRoom", MethodKind::kGet, "", "");
  expect("ListRooms", MethodKind::kList, "", "rooms");
  expect("SearchRooms", MethodKind::kSearch, "search", "rooms");
  expect("CreateRoom", MethodKind::kCreate, "", "room");
  expect("UpdateRoom", MethodKind::kUpdate, "", "room");
  expect("DeleteRoom", MethodKind::kDelete, "", "");
  expect("BatchCreateRooms", MethodKind::kBatchCreate, "batchCreate", "requests");
  expect("ImportRooms", MethodKind::kImport, "import", "rooms");
  expect("ExportRooms", MethodKind::kExport, "export", "rooms");
  expect("ListRoomTransitions", MethodKind::kListTransitions, "listTransitions", "");
  expect("CloseRoom", MethodKind::kTransition, "close", "");
}

TEST(Classify, KnowsCustomMethods) {
  const auto summary = Classify(Method("SummarizeRooms"));
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->kind, MethodKind::kCustom);
  EXPECT_EQ(summary->pattern.text, "districts/{district}");
  EXPECT_EQ(summary->verb, "summarizeRooms");
  EXPECT_EQ(summary->resource, nullptr);
  EXPECT_FALSE(summary->internal);
  EXPECT_TRUE(Classify(Method("PokeRooms"))->internal);
}

TEST(Classify, RefusesWhatItDoesNotKnow) {
  const auto* odd = pb::Room::descriptor()->file()->FindServiceByName("OddService")->method(0);
  EXPECT_EQ(ReasonOf(Classify(odd).status()), "METHOD_UNKNOWN");
}

TEST(Describe, ReadsAnnotations) {
  const auto* room = pb::Room::descriptor();
  EXPECT_EQ(ResourceOf(room)->label(), "房间");
  EXPECT_EQ(ResourceOf(pb::RoomSummary::descriptor()), nullptr);
  EXPECT_EQ(DatasetOf(room), "sample.Room");
  EXPECT_EQ(FindDataset("sample.Room"), room);
  EXPECT_EQ(FindDataset("sample.RoomSummary"), nullptr);
  EXPECT_EQ(FindDataset("room"), nullptr);
  EXPECT_EQ(FindService("sample"), room->file()->service(0));
  EXPECT_EQ(FindService("simple"), nullptr);
  EXPECT_EQ(FindService(""), nullptr);
  EXPECT_EQ(OwnerOf(room), FindService("sample"));
  EXPECT_EQ(OwnerOf(google::protobuf::FileDescriptorProto::descriptor()), nullptr);
  EXPECT_THAT(ResourcesOf({FindService("sample"), room->file()->FindServiceByName("OddService")}),
              ElementsAre(pb::School::descriptor(), room));
  EXPECT_TRUE(Has(AnnotationOf(room->FindFieldByName("display_name")), options::v1::Field::REQUIRED));
  EXPECT_FALSE(Has(AnnotationOf(room->FindFieldByName("etag")), options::v1::Field::REQUIRED));
  EXPECT_EQ(LabelOf(pb::State_descriptor()->FindValueByName("STATE_OPEN")), "使用中");
  EXPECT_EQ(LabelOf(pb::State_descriptor()->FindValueByName("STATE_ODD")), "STATE_ODD");
}

}  // namespace
}  // namespace edudelta::describe
