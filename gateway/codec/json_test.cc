#include "gateway/codec/json.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "edudelta/sample/v1/sample.pb.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::codec {
namespace {

namespace pb = sample::v1;

class JsonTest : public ::testing::Test {
 protected:
  std::string Write(const google::protobuf::Message& message) {
    std::string out;
    EXPECT_TRUE(codec_.Write(message, &out).ok());
    return out;
  }
  // "REASON path"
  std::string Refusal(absl::string_view json) {
    pb::Everything message;
    const absl::Status status = codec_.Read(json, &message);
    return status.ok() ? "" : absl::StrCat(ReasonOf(status), " ", FieldOf(status));
  }

  JsonCodec codec_{{pb::Everything::descriptor(), pb::Room::descriptor()}};
};

TEST_F(JsonTest, WritesSnakeCaseInFieldOrderWithoutDefaults) {
  pb::Room room;
  room.set_name("districts/310114/schools/3131000123/rooms/a");
  room.set_display_name("音乐\"室\"\n\x01");
  room.set_state(pb::STATE_OPEN);
  room.set_seats(0);
  room.mutable_built()->set_year(2025);
  room.mutable_built()->set_month(9);
  room.mutable_built()->set_day(1);
  room.set_cost(12345678901);
  EXPECT_EQ(Write(room),
            "{\"name\":\"districts/310114/schools/3131000123/rooms/a\",\"display_name\":\"音乐\\\"室\\\"\\n\\u0001\","
            "\"state\":\"STATE_OPEN\",\"seats\":0,\"built\":\"2025-09-01\",\"cost\":\"12345678901\"}");
  EXPECT_EQ(Write(pb::Room()), "{}");
}

TEST_F(JsonTest, AppendsAndLeavesTheTextAloneOnFailure) {
  std::string out = "x";
  pb::School school;
  school.set_name("n");
  ASSERT_TRUE(codec_.Write(school, &out).ok());
  EXPECT_EQ(out, "x{\"name\":\"n\"}");
  pb::Everything everything;
  everything.mutable_a_time()->set_seconds(253402300800);
  EXPECT_EQ(ReasonOf(codec_.Write(everything, &out)), "TIME_INVALID");
  EXPECT_EQ(out, "x{\"name\":\"n\"}");
}

TEST_F(JsonTest, WritesWireBytesOfAnyOrder) {
  pb::Room room;
  room.set_name("n");
  room.set_seats(3);
  room.add_tags("a");
  room.add_tags("b");
  std::string out;
  ASSERT_TRUE(codec_.WriteWire(room.GetDescriptor(), room.SerializeAsString(), &out).ok());
  EXPECT_EQ(out, Write(room));
  pb::Room first, second;
  first.add_tags("a");
  second.set_name("n");
  second.set_seats(3);
  second.add_tags("b");
  out.clear();
  ASSERT_TRUE(
      codec_.WriteWire(room.GetDescriptor(), first.SerializeAsString() + second.SerializeAsString(), &out).ok());
  EXPECT_EQ(out, Write(room));
  EXPECT_EQ(ReasonOf(codec_.WriteWire(room.GetDescriptor(), "\x0a\x7f", &out)), "WIRE_INVALID");
  EXPECT_EQ(ReasonOf(codec_.WriteWire(room.GetDescriptor(), "\x0a\x01\xff", &out)), "INVALID_UTF8");
  EXPECT_EQ(out, Write(room));
}

TEST_F(JsonTest, ReadsWireBytesAsAParserDoes) {
  const auto wire = [&](const google::protobuf::Message& first, const google::protobuf::Message& second) {
    std::string out;
    EXPECT_TRUE(
        codec_.WriteWire(first.GetDescriptor(), first.SerializeAsString() + second.SerializeAsString(), &out).ok());
    return out;
  };
  pb::Everything first, second;
  first.set_chosen_string("a");
  second.set_chosen_int64(2);
  EXPECT_EQ(wire(first, second), R"({"chosen_int64":"2"})") << "the last of a oneof counts";
  EXPECT_EQ(wire(second, first), R"({"chosen_string":"a"})");
  first.Clear();
  first.set_an_int32(1);
  second.Clear();
  second.set_an_int32(2);
  EXPECT_EQ(wire(first, second), R"({"an_int32":2})");
  // Field 2 of School, a string, as a number; field 9999.
  std::string out;
  const absl::string_view odd("\x0a\x01n\x10\x05\xf8\xf0\x04\x01", 9);
  ASSERT_TRUE(codec_.WriteWire(pb::School::descriptor(), odd, &out).ok());
  EXPECT_EQ(out, R"({"name":"n"})");
}

TEST_F(JsonTest, ReadsBothSpellingsAndIgnoresNull) {
  pb::Room room;
  ASSERT_TRUE(
      codec_
          .Read(R"({"displayName": "a", "state": null, "seats": "12", "checked_time": "2026-01-01T00:00:00Z"})", &room)
          .ok());
  EXPECT_EQ(room.display_name(), "a");
  EXPECT_EQ(room.seats(), 12);
  EXPECT_EQ(room.checked_time().seconds(), 1767225600);
}

TEST_F(JsonTest, KeepsTheSignOfZeroWhereAPointShowsIt) {
  pb::Room room;
  ASSERT_TRUE(codec_.Read(R"({"latitude": -0})", &room).ok());
  EXPECT_EQ(Write(room), "{}");
  ASSERT_TRUE(codec_.Read(R"({"latitude": -0.0})", &room).ok());
  EXPECT_EQ(Write(room), R"({"latitude":-0.0})");
}

TEST_F(JsonTest, NamesReasonAndPath) {
  EXPECT_EQ(Refusal(R"({"nope": 1})"), "UNKNOWN_FIELD nope");
  EXPECT_EQ(Refusal(R"({"an_inner": {"inners": [{}, {"nope": 1}]}})"), "UNKNOWN_FIELD an_inner.inners[1].nope");
  EXPECT_EQ(Refusal(R"({"an_int32": 1, "anInt32": 1})"), "DUPLICATE_FIELD an_int32");
  EXPECT_EQ(Refusal(R"({"string_map": {"k": "a", "k": "b"}})"), "DUPLICATE_FIELD string_map.k");
  EXPECT_EQ(Refusal(R"({"inner_map": {"1": {}, "01": {}}})"), "DUPLICATE_FIELD inner_map.01");
  EXPECT_EQ(Refusal(R"({"chosen_string": "a", "chosen_int64": 1})"), "ONEOF_DUPLICATE chosen_int64");
  EXPECT_EQ(Refusal(R"({"int32s": [1, "x"]})"), "VALUE_NOT_A_NUMBER int32s[1]");
  EXPECT_EQ(Refusal(R"({"int32s": [1, null]})"), "VALUE_NULL int32s[1]");
  EXPECT_EQ(Refusal(R"({"an_int32": 2147483648})"), "NUMBER_OUT_OF_RANGE an_int32");
  EXPECT_EQ(Refusal(R"({"a_bool": "true"})"), "VALUE_WRONG_TYPE a_bool");
  EXPECT_EQ(Refusal(R"({"a_string": 1})"), "VALUE_WRONG_TYPE a_string");
  EXPECT_EQ(Refusal(R"({"int32s": 1})"), "VALUE_WRONG_TYPE int32s");
  EXPECT_EQ(Refusal(R"({"a_state": "STATE_NONE"})"), "ENUM_UNKNOWN a_state");
  EXPECT_EQ(Refusal(R"({"a_date": "2025-02-29"})"), "DATE_INVALID a_date");
  EXPECT_EQ(Refusal(R"({"a_date": {"year": 2025}})"), "VALUE_WRONG_TYPE a_date");
  EXPECT_EQ(Refusal(R"({"a_time": "yesterday"})"), "TIME_INVALID a_time");
  EXPECT_EQ(Refusal(R"({"some_bytes": "%"})"), "BASE64_INVALID some_bytes");
  EXPECT_EQ(Refusal(R"({"an_any": {"@type": "type.googleapis.com/none.Such"}})"), "ANY_TYPE_UNKNOWN an_any.@type");
  EXPECT_EQ(Refusal(R"({"an_any": {"text": ""}})"), "ANY_TYPE_UNKNOWN an_any.@type");
}

TEST_F(JsonTest, RefusesWhatIsNotJson) {
  for (const char* json : {"",
                           " ",
                           "{",
                           "{\"a_bool\":true",
                           "{\"a_bool\":tru}",
                           "{\"a_bool\":nul}",
                           "{,}",
                           "{\"an_int32\":1,}",
                           "{\"an_int32\" 1}",
                           "{\"int32s\":[1,]}",
                           "{\"int32s\":[1 2]}",
                           "{\"an_int32\":01}",
                           "{'an_int32':1}",
                           "{an_int32:1}",
                           "{} {}",
                           "{}x",
                           "{}]",
                           "{\"a_string\":\"\\x\"}",
                           "{\"a_string\":\"\t\"}",
                           "{\"int32s\":[1}}"}) {
    EXPECT_EQ(Refusal(json).substr(0, 11), "JSON_SYNTAX") << json;
  }
  EXPECT_EQ(Refusal("[]"), "VALUE_WRONG_TYPE body");
  EXPECT_EQ(Refusal("5").substr(0, 5), "VALUE");
  EXPECT_EQ(Refusal("{\"a_string\":\"\xff\"}"), "INVALID_UTF8 body");
  EXPECT_NE(Refusal("}"), "");
  EXPECT_NE(Refusal("// c\n{}"), "");
  EXPECT_NE(Refusal("{\"a_string\":\"\\udc00\"}"), "");
  EXPECT_NE(Refusal("{\"a_string\":\"\\ud800\"}"), "");
  EXPECT_NE(Refusal("{\"string_map\":{\"\\udc00\":\"\"}}"), "");
}

TEST_F(JsonTest, AllowsThirtyTwoLevels) {
  const auto nested = [](int levels) {
    std::string json = "{}";
    for (int i = 1; i < levels; ++i) json = absl::StrCat("{\"inner\":", json, "}");
    return json;
  };
  pb::Everything::Inner message;
  EXPECT_TRUE(codec_.Read(nested(32), &message).ok());
  EXPECT_EQ(ReasonOf(codec_.Read(nested(33), &message)), "JSON_TOO_DEEP");
  EXPECT_EQ(ReasonOf(codec_.Read(nested(5000), &message)), "JSON_TOO_DEEP");
}

TEST_F(JsonTest, CutsLongUnknownNamesAtACharacter) {
  std::string name;
  for (int i = 0; i < 100; ++i) name += "名";
  EXPECT_EQ(Refusal(absl::StrCat("{\"a", name, "\":1}")), absl::StrCat("UNKNOWN_FIELD a", name.substr(0, 78)));
}

TEST_F(JsonTest, FindsTheTypeOfAnAnyAnywhere) {
  pb::Everything message;
  ASSERT_TRUE(
      codec_
          .Read(R"({"an_any": {"display_name": "校\u0041", "@type": "type.googleapis.com/edudelta.sample.v1.School"}})",
                &message)
          .ok());
  pb::School school;
  ASSERT_TRUE(message.an_any().UnpackTo(&school));
  EXPECT_EQ(school.display_name(), "校A");
  EXPECT_EQ(Write(message),
            R"({"an_any":{"@type":"type.googleapis.com/edudelta.sample.v1.School","display_name":"校A"}})");
}

TEST(SetFromText, FillsScalarsAndTimes) {
  pb::Everything message;
  const auto set = [&](absl::string_view name, absl::string_view text) {
    return SetFromText(message.GetDescriptor()->FindFieldByName(std::string(name)), text, &message);
  };
  EXPECT_TRUE(set("an_int64", "5").ok());
  EXPECT_TRUE(set("a_bool", "true").ok());
  EXPECT_TRUE(set("int32s", "1").ok());
  EXPECT_TRUE(set("int32s", "2").ok());
  EXPECT_TRUE(set("a_date", "2025-09-01").ok());
  EXPECT_TRUE(set("wrapped_string", "w").ok());
  EXPECT_TRUE(set("a_mask", "displayName").ok());
  EXPECT_EQ(message.an_int64(), 5);
  EXPECT_EQ(message.int32s_size(), 2);
  EXPECT_EQ(message.a_date().day(), 1);
  EXPECT_EQ(message.wrapped_string().value(), "w");
  EXPECT_EQ(message.a_mask().paths(0), "display_name");
  EXPECT_EQ(ReasonOf(set("an_int64", "x")), "VALUE_NOT_A_NUMBER");
  EXPECT_EQ(FieldOf(set("an_int64", "x")), "an_int64");
  EXPECT_EQ(ReasonOf(set("a_bool", "yes")), "VALUE_WRONG_TYPE");
  EXPECT_EQ(ReasonOf(set("an_inner", "{}")), "VALUE_WRONG_TYPE");
}

}  // namespace
}  // namespace edudelta::gateway::codec
