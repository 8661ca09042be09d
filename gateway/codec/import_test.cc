#include "gateway/codec/import.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "edudelta/sample/v1/sample.pb.h"
#include "gateway/codec/export.h"
#include "gateway/codec/testing.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::codec {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
namespace pb = sample::v1;

TEST_F(ImportTest, ReadsEveryTypeByFieldNameOrLabel) {
  const Result result = Csv(
      "编号,名称,state,座位数,面积,建成日期,checked_time,有暖气,结对学校,纬度,造价,标签,登记时间\r\n"
      "a-1,\"音乐,\"\"室\"\"\",使用中,48,-96.50,2015/9/1,2026-01-01T00:00:00Z,是,3131000123,31.5,100,x; y,whatever\r\n"
      "a-2,舞蹈室,STATE_CLOSED,,,,,0,districts/310115/schools/9,,,,\r\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.errors, ElementsAre());
  ASSERT_EQ(result.rooms.size(), 2u);
  const pb::Room& room = result.rooms[0];
  EXPECT_EQ(room.name(), "districts/310114/schools/s1/rooms/a-1");
  EXPECT_EQ(room.display_name(), "音乐,\"室\"");
  EXPECT_EQ(room.state(), pb::STATE_OPEN);
  EXPECT_EQ(room.seats(), 48);
  EXPECT_EQ(room.area(), "-96.50");
  EXPECT_EQ(room.built().month(), 9);
  EXPECT_EQ(room.checked_time().seconds(), 1767225600);
  EXPECT_TRUE(room.heated());
  EXPECT_EQ(room.paired_school(), "districts/310114/schools/3131000123");
  EXPECT_EQ(room.cost(), 100);
  EXPECT_THAT(room.tags(), ElementsAre("x", "y"));
  EXPECT_FALSE(room.has_create_time());
  EXPECT_FALSE(result.rooms[1].has_seats());
  EXPECT_FALSE(result.rooms[1].has_built());
  EXPECT_EQ(result.rooms[1].paired_school(), "districts/310115/schools/9");
  EXPECT_THAT(result.lines, ElementsAre(2, 3));
}

TEST_F(ImportTest, BuildsNamesFromColumns) {
  for (const char* header : {"school,room,名称", "学校,编号,名称", "学校,name,display_name"}) {
    const Result result = Csv(absl::StrCat(header, "\ns7,r1,a\n,r2,b\n"), "districts/310114/schools/-");
    ASSERT_TRUE(result.status.ok()) << result.status;
    ASSERT_EQ(result.rooms.size(), 1u);
    EXPECT_EQ(result.rooms[0].name(), "districts/310114/schools/s7/rooms/r1");
    EXPECT_THAT(result.errors, ElementsAre("3 school ID_MISSING"));
  }
  const Result whole = Csv("name\ndistricts/310114/schools/s9/rooms/r1\ndistricts/2/schools/s9/rooms/r1\n",
                           "districts/310114/schools/-");
  EXPECT_EQ(whole.rooms.at(0).name(), "districts/310114/schools/s9/rooms/r1");
  EXPECT_THAT(whole.errors, ElementsAre("3 name NAME_INVALID"));
}

TEST_F(ImportTest, NamesRowColumnAndReason) {
  const Result result =
      Csv("room,名称,seats,built,state,管理人,heated,area,paired_school\n"
          "r1,a,x,,,,,,\n"
          "r2,a,,2025-02-29,,,,,\n"
          "r3,a,,,停用了,,,,\n"
          "r 4,a,,,,,,,\n"
          ",a,,,,,,,\n"
          "r6,a,,,,,也许,1e5,a/b\n"
          "3.13E+09,a,,,,,,,\n"
          "r8,a,,,,,,,,extra\n"
          "r9,a,,,,,,,\n");
  EXPECT_THAT(result.errors, ElementsAre("2 seats VALUE_NOT_A_NUMBER", "3 built DATE_INVALID", "4 state ENUM_UNKNOWN",
                                         "5 name ID_INVALID", "6 name ID_MISSING", "7 heated VALUE_NOT_A_BOOLEAN",
                                         "7 area VALUE_NOT_A_NUMBER", "7 paired_school REFERENCE_INVALID",
                                         "8 name ID_MANGLED_BY_SPREADSHEET", "9  ROW_TOO_MANY_CELLS"));
  EXPECT_THAT(result.messages[0], HasSubstr("x"));
  ASSERT_EQ(result.rooms.size(), 1u);
  EXPECT_THAT(result.lines, ElementsAre(10));
}

TEST_F(ImportTest, ShowsNoValueOfASensitiveField) {
  const Result result = Csv("room,管理人\nr1,\xff张三\n");
  ASSERT_EQ(result.messages.size(), 1u);
  EXPECT_THAT(result.messages[0], Not(HasSubstr("张三")));
}

TEST_F(ImportTest, NamesTheRowOfUndecodableBytes) {
  const Result result = Csv("room,名称\nr1,好\nr2,\xe5\xa5\nr3,好\n");
  EXPECT_THAT(result.errors, ElementsAre("3 display_name UNDECODABLE_BYTES"));
  EXPECT_EQ(result.rooms.size(), 2u);
  const std::string gb = Gb18030("room,名称\nr1,好\n") + "r2,\xff\xff\n";
  EXPECT_THAT(Csv(gb).errors, ElementsAre("3 display_name UNDECODABLE_BYTES"));
  EXPECT_EQ(Csv(gb).rooms.at(0).display_name(), "好");
}

TEST_F(ImportTest, KnowsCharsets) {
  const std::string body = "编号,名称\nr1,第一实验小学\nr2,龘靐齉\n";
  for (const std::string& sent : {body, "\xEF\xBB\xBF" + body, Gb18030(body)}) {
    const Result result = Csv(sent);
    ASSERT_TRUE(result.status.ok()) << result.status;
    EXPECT_EQ(result.rooms.at(1).display_name(), "龘靐齉");
  }
  // Only the rows are Chinese.
  EXPECT_EQ(Csv(Gb18030("room,display_name\nr1,第一实验小学\n")).rooms.at(0).display_name(), "第一实验小学");
  EXPECT_EQ(Read(MakeCsvReader(Source("districts/1/schools/s", "GBK")), Gb18030(body)).rooms.size(), 2u);
  EXPECT_EQ(ReasonOf(Read(MakeCsvReader(Source("districts/1/schools/s", "big5")), body).status), "ENCODING_UNKNOWN");
}

TEST_F(ImportTest, IsTheSameInPiecesOfAnySize) {
  std::string body = "编号,名称,标签\r\n";
  for (int i = 0; i < 3000; ++i) {
    absl::StrAppend(&body, "r", i, ",\"教室\n", i, "\",a;b\r\n", i % 100 == 0 ? "\r\n" : "");
  }
  const Result whole = Csv(body);
  ASSERT_EQ(whole.rooms.size(), 3000u);
  EXPECT_EQ(whole.lines[0], 2);
  EXPECT_EQ(whole.lines[1], 4);
  EXPECT_EQ(whole.lines[2], 5);
  for (const size_t piece : {1, 7, 4096}) {
    const Result result = Read(MakeCsvReader(Source("districts/310114/schools/s1")), body, piece);
    ASSERT_TRUE(result.status.ok()) << result.status;
    EXPECT_EQ(result.lines, whole.lines);
    EXPECT_EQ(result.rooms.back().display_name(), "教室\n2999");
  }
}

TEST_F(ImportTest, RefusesWhatCannotBeRead) {
  EXPECT_EQ(Refusal(""), "IMPORT_EMPTY body");
  EXPECT_EQ(Refusal("\n\n"), "IMPORT_EMPTY body");
  EXPECT_EQ(Refusal("room,名称,颜色\nr1,a,红\n"), "CSV_HEADER_UNKNOWN 颜色");
  EXPECT_EQ(Refusal("名称\na\n"), "CSV_HEADER_MISSING name");
  EXPECT_EQ(Refusal("room,名称,display_name\n"), "CSV_HEADER_DUPLICATE display_name");
  EXPECT_EQ(Refusal("room,名称\nr1,\"a\nr2,b\n"), "CSV_SYNTAX body");
  EXPECT_EQ(Refusal("room,名称\nr1,a\"b\n"), "CSV_SYNTAX body");
  EXPECT_EQ(Refusal("room,名称\nr1,\"" + std::string(10 << 20, 'x') + "\"\n"), "ROW_TOO_LONG body");
  EXPECT_EQ(Refusal("room\nr1\n", "districts/1"), "PARENT_INVALID parent");
}

// A row of data may hold a word that is a header.
TEST_F(ImportTest, RepeatsNoCellOfARowThatMayBeData) {
  for (const char* row : {"名称,张三", "名称,张三,座位数,李四", ",名称,,张三"}) {
    const absl::Status refused = Csv(absl::StrCat(row, "\nr1,a\n")).status;
    EXPECT_EQ(ReasonOf(refused), "CSV_HEADER_UNKNOWN") << row;
    EXPECT_THAT(refused.ToString(), AllOf(Not(HasSubstr("张三")), Not(HasSubstr("李四")))) << row;
    EXPECT_THAT(ChineseOf(refused), AllOf(HasSubstr(" 列的列名不在可用的列中"), Not(HasSubstr("张三")))) << row;
  }
}

TEST_F(ImportTest, TellsTheHeadersThereAre) {
  const std::string told = ChineseOf(Csv("room,名称,颜色\nr1,a,红\n").status);
  EXPECT_THAT(told, StartsWith("第 3 "
                               "列的列名“颜色”不在可用的列中；可用的列：编号（name）、名称（display_"
                               "name）、状态（state）、座位数（seats）、"));
  EXPECT_THAT(told, Not(HasSubstr("create_time"))) << "the service sets it";
  EXPECT_THAT(told, Not(HasSubstr("学校（school）"))) << "the parent tells it";
  EXPECT_THAT(ChineseOf(Csv("room,颜色\n", "districts/310114/schools/-").status),
              HasSubstr("编号（name）、学校（school）、名称"));
  // Each header of the list is one that an import takes.
  std::string list = told.substr(told.find("列：") + strlen("列："));
  for (const absl::string_view one : absl::StrSplit(list, "、")) {
    const std::vector<absl::string_view> words = absl::StrSplit(absl::StripSuffix(one, "）"), "（");
    for (const absl::string_view word : words) {
      const Sheet::Column* column = sheet_.Find(word);
      ASSERT_NE(column, nullptr) << word;
      EXPECT_EQ(column->name, words.back()) << word;
    }
  }
}

TEST(Headers, AreToldUpToALimit) {
  google::protobuf::DescriptorProto wide;
  wide.set_name("Wide");
  auto* resource = wide.mutable_options()->MutableExtension(options::v1::resource);
  resource->set_pattern("wides/{wide}");
  const auto add = [&wide](const std::string& name, const std::string& label) {
    auto* field = wide.add_field();
    field->set_name(name);
    field->set_number(wide.field_size());
    field->set_type(google::protobuf::FieldDescriptorProto::TYPE_STRING);
    field->mutable_options()->MutableExtension(options::v1::field)->set_label(label);
  };
  add("name", "");
  for (int i = 0; i < 200; ++i) add(absl::StrCat("figure_", i), absl::StrCat("指标", i));
  google::protobuf::FileDescriptorProto file;
  file.set_name("wide.proto");
  *file.add_message_type() = wide;
  google::protobuf::DescriptorPool pool(google::protobuf::DescriptorPool::generated_pool());
  const google::protobuf::Descriptor* descriptor = pool.BuildFile(file)->message_type(0);
  const Sheet sheet(descriptor, {}, codes::CodeSets::Embedded());
  const JsonCodec json({});
  const auto reader = MakeCsvReader({.sheet = &sheet, .json = &json, .parent = "", .charset = ""});
  absl::Status status = reader->Feed("颜色\n");
  if (status.ok()) status = reader->Finish();
  const std::string told = ChineseOf(status);
  EXPECT_THAT(told, HasSubstr("编号（name）、指标0（figure_0）、指标1（figure_1）、"));
  EXPECT_THAT(told, EndsWith(" 列"));
  EXPECT_LT(told.size(), 2200u);
  EXPECT_EQ(std::count(told.begin(), told.end(), '_') + std::atoi(told.c_str() + told.rfind("另有 ") + strlen("另有 ")),
            200);
}

TEST_F(ImportTest, ReadsNdjson) {
  const std::string body =
      "\xEF\xBB\xBF{\"name\":\"districts/310114/schools/s1/rooms/a\",\"seats\":3}\r\n\n"
      "{\"name\":\"districts/310114/schools/s2/rooms/a\"}\n{\"seats\":3}\n{\"nope\":1}\n{\n"
      "{\"name\":\"districts/310114/schools/s1/rooms/b\"}";
  for (const size_t piece : {1, 1 << 30}) {
    const Result result = Read(MakeNdjsonReader(Source("districts/310114/schools/s1")), body, piece);
    ASSERT_TRUE(result.status.ok()) << result.status;
    EXPECT_THAT(result.lines, ElementsAre(1, 7));
    EXPECT_THAT(result.errors,
                ElementsAre("3 name NAME_INVALID", "4 name ID_MISSING", "5 nope UNKNOWN_FIELD", "6  JSON_SYNTAX"));
  }
  EXPECT_EQ(ReasonOf(Read(MakeNdjsonReader(Source("districts/1/schools/s")), std::string(2 << 20, 'x')).status),
            "ROW_TOO_LONG");
}

TEST_F(ImportTest, ExportReadsBack) {
  pb::Room room;
  room.set_name("districts/310114/schools/s1/rooms/a");
  room.set_display_name("=1+1, \"甲\"\n乙");
  room.set_state(pb::STATE_OPEN);
  room.set_seats(0);
  room.set_area("-5.00");
  room.mutable_built()->set_year(2025);
  room.mutable_built()->set_month(9);
  room.mutable_built()->set_day(1);
  room.mutable_checked_time()->set_seconds(1767225600);
  room.set_heated(true);
  room.set_keeper("'@张三");
  room.set_paired_school("districts/310114/schools/3131000123");
  room.set_use_code("\\;x");
  room.set_latitude(-31.25);
  room.set_cost(-7);
  for (const char* tag : {"财政局;人社局", "编办", "\\", "a\\;b;", "'=1", "-2"}) room.add_tags(tag);
  std::string out;
  const auto writer = MakeCsvWriter(sheet_, json_, "districts/310114/schools/-");
  writer->Begin(&out);
  EXPECT_THAT(out, HasSubstr("\xEF\xBB\xBF编号,学校,名称,状态,座位数"));
  EXPECT_THAT(out, Not(HasSubstr("district")));
  ASSERT_TRUE(writer->Row(room, &out).ok());
  EXPECT_THAT(
      out, HasSubstr("a,s1,\"'=1+1, \"\"甲\"\"\n乙\",使用中,0,-5.00,2025-09-01,2026-01-01T08:00:00+08:00,是,''@张三,"));
  const Result result = Csv(out, "districts/310114/schools/-");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.errors, ElementsAre());
  ASSERT_EQ(result.rooms.size(), 1u);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(result.rooms[0], room))
      << result.rooms[0].DebugString();

  std::string lines;
  ASSERT_TRUE(MakeNdjsonWriter(json_)->Row(room, &lines).ok());
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(
      Read(MakeNdjsonReader(Source("districts/310114/schools/-")), lines).rooms.at(0), room));
}

TEST(MergeErrors, CountsRowsAndSorts) {
  resource::v1::ImportResponse response;
  response.set_row_count(3);
  response.add_errors()->set_row(5);
  response.set_error_count(1);
  std::vector<resource::v1::RowError> errors(3);
  errors[0].set_row(2);
  errors[1].set_row(2);
  errors[2].set_row(9);
  MergeErrors(errors, &response);
  EXPECT_EQ(response.row_count(), 5);
  EXPECT_EQ(response.error_count(), 3);
  EXPECT_EQ(response.errors(0).row(), 2);
  EXPECT_EQ(response.errors(3).row(), 9);
}

}  // namespace
}  // namespace edudelta::gateway::codec
