// Files as people's spreadsheets make them: rows as they count them, repeats, cut rows, other formats and charsets.
#include "absl/strings/str_cat.h"
#include "gateway/codec/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::codec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(ImportTest, CountsRowsAsASpreadsheetDoes) {
  for (const char* end : {"\n", "\r\n", "\r"}) {
    const Result result =
        Csv(absl::StrCat("room,名称,seats", end, "r1,\"嘉定区\n某路1号\",", end, "r2,a,x", end, end, "r3,a,x", end));
    EXPECT_THAT(result.lines, ElementsAre(2));
    EXPECT_THAT(result.errors, ElementsAre("3 seats VALUE_NOT_A_NUMBER", "5 seats VALUE_NOT_A_NUMBER"));
  }
  const auto reader = MakeCsvReader(Source("districts/310114/schools/s1"));
  ASSERT_TRUE(reader->Feed("room,名称\nr1,\"a\nb\"\nr2,\"c\nd").ok());
  EXPECT_THAT(ChineseOf(reader->Finish()), HasSubstr("第 3 行"));
  EXPECT_EQ(reader->Line(), 3);
}

TEST_F(ImportTest, RefusesRepeatedRowsHoweverFarApart) {
  std::string csv = "room,seats\n", lines;
  for (int i = 0; i < 1500; ++i) {
    absl::StrAppend(&csv, "r", i, ",1\n");
    absl::StrAppend(&lines, "{\"name\":\"districts/310114/schools/s1/rooms/r", i, "\"}\n");
  }
  csv += "r2,2\nr3,x\n";
  lines += "{\"name\":\"districts/310114/schools/s1/rooms/r2\",\"seats\":2}\n";
  const Result result = Csv(csv);
  EXPECT_EQ(result.rooms.size(), 1500u);
  EXPECT_THAT(result.errors, ElementsAre("1502 name ROW_REPEATED", "1503 name ROW_REPEATED"));
  EXPECT_EQ(result.messages[0], "与第4行重复");
  const Result ndjson = Read(MakeNdjsonReader(Source("districts/310114/schools/s1")), lines);
  EXPECT_EQ(ndjson.rooms.size(), 1500u);
  EXPECT_THAT(ndjson.errors, ElementsAre("1501 name ROW_REPEATED"));
  EXPECT_EQ(ndjson.messages[0], "与第3行重复");
  // The same id in another school is another room, and a bad row is the first of its name too.
  const Result schools = Csv("school,room,seats\ns1,r1,x\ns2,r1,\ns1,r1,\n", "districts/310114/schools/-");
  EXPECT_THAT(schools.errors, ElementsAre("2 seats VALUE_NOT_A_NUMBER", "4 name ROW_REPEATED"));
  EXPECT_THAT(schools.lines, ElementsAre(3));
}

TEST_F(ImportTest, RemembersSoManyRowsAndNoMore) {
  ImportSource source = Source("districts/310114/schools/s1");
  source.max_rows = 2;
  const Result csv = Read(MakeCsvReader(source), "room\nr1\nr1\nr2\nr3\nr4\n");
  EXPECT_EQ(ReasonOf(csv.status), "IMPORT_TOO_MANY_ROWS");
  EXPECT_EQ(csv.rooms.size(), 2u);
  const std::string name = "{\"name\":\"districts/310114/schools/s1/rooms/";
  const Result lines = Read(MakeNdjsonReader(source), name + "a\"}\n" + name + "b\"}\n" + name + "c\"}");
  EXPECT_EQ(ReasonOf(lines.status), "IMPORT_TOO_MANY_ROWS");
  EXPECT_EQ(lines.rooms.size(), 2u);
}

TEST_F(ImportTest, RefusesRowsThatWereCut) {
  const Result result = Csv("room,名称,seats,,\nr1,a,1\nr2,a,,\nr3,a\nr4,a,1,,\nr5");
  EXPECT_THAT(result.lines, ElementsAre(2, 3, 4, 5)) << "a spreadsheet leaves out empty cells at the end";
  EXPECT_THAT(result.errors, ElementsAre("6  ROW_TOO_FEW_CELLS"));
  EXPECT_EQ(Csv("room,名称\nr1,").rooms.size(), 1u) << "an empty last cell without an end of line";
}

TEST_F(ImportTest, TellsFilesOfOtherKinds) {
  const std::string le("\xFF\xFEr\0o\0o\0m\0", 10), be("\xFE\xFF\0r\0o\0o\0m", 10);
  const std::string zip("PK\x03\x04\x14\0\6\0", 8), xls("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0", 9);
  for (const std::string& file : {le, be}) EXPECT_EQ(Refusal(file), "FILE_IS_UTF16 body");
  for (const std::string& file : {zip, xls}) EXPECT_EQ(Refusal(file), "FILE_IS_WORKBOOK body");
  EXPECT_THAT(ChineseOf(Csv(zip).status), HasSubstr("另存为“CSV UTF-8（逗号分隔）”"));
  EXPECT_EQ(ReasonOf(Read(MakeNdjsonReader(Source("districts/1/schools/s")), le).status), "FILE_IS_UTF16");
  EXPECT_EQ(ReasonOf(Read(MakeNdjsonReader(Source("districts/1/schools/s")), zip).status), "FILE_IS_WORKBOOK");
}

TEST_F(ImportTest, TellsOtherSeparators) {
  const std::string tabs = "编号\t名称\r\nr1\ta,b\r\n";
  const std::string quoted = "room;\"名称\"\nr1;a\n", half_known = "room;颜色\nr1;a\n";
  for (const std::string& file : {tabs, "\xEF\xBB\xBF" + tabs, "\r\n" + tabs, Gb18030(tabs), quoted, half_known}) {
    const Result result = Csv(file);
    EXPECT_EQ(ReasonOf(result.status), "CSV_SEPARATOR_NOT_COMMA") << file;
    EXPECT_THAT(ChineseOf(result.status), HasSubstr("另存为“CSV UTF-8（逗号分隔）”"));
  }
  EXPECT_THAT(ChineseOf(Csv(tabs).status), HasSubstr("制表符"));
  EXPECT_EQ(Refusal("red;blue\n"), "CSV_HEADER_MISSING body");
  EXPECT_EQ(Refusal("sep=;\nroom;名称\nr1;a\n"), "CSV_SEPARATOR_NOT_COMMA body");
  EXPECT_EQ(Refusal("房间一览表\n\nroom\t名称\nr1\ta\n"), "CSV_SEPARATOR_NOT_COMMA body");
  EXPECT_EQ(Csv("room\t\nr1\n").rooms.size(), 1u) << "a blank at the end of the only header";
}

TEST_F(ImportTest, TakesHeadersWithBlanksAround) {
  const Result result = Csv("　编号 ,\"\n　名称　\r\n\",\u00A0seats\u00A0\nr1,a,3\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.rooms.at(0).seats(), 3);
  EXPECT_EQ(result.rooms.at(0).display_name(), "a");
  EXPECT_EQ(Csv(Gb18030("　编号　,名称\nr1,好\n")).rooms.size(), 1u);
}

TEST_F(ImportTest, ReadsNdjsonOfGb18030) {
  const std::string parent = "districts/310114/schools/s1";
  const std::string body =
      "{\"name\":\"districts/310114/schools/s1/rooms/a\",\"display_name\":\"第一实验小学\"}\r\n"
      "{\"name\":\"districts/310114/schools/s1/rooms/b\",\"display_name\":\"龘靐齉\"}\n";
  for (const size_t piece : {1, 1 << 30}) {
    const auto result = Read(MakeNdjsonReader(Source(parent, "gb18030")), Gb18030(body) + "{\xff\xff}", piece);
    ASSERT_TRUE(result.status.ok()) << result.status;
    ASSERT_EQ(result.rooms.size(), 2u);
    EXPECT_EQ(result.rooms[0].display_name(), "第一实验小学");
    EXPECT_EQ(result.rooms[1].display_name(), "龘靐齉");
    EXPECT_THAT(result.errors, ElementsAre("3  UNDECODABLE_BYTES"));
  }
  for (const char* charset : {"", "utf-8"}) {
    EXPECT_EQ(Read(MakeNdjsonReader(Source(parent, charset)), Gb18030(body)).errors.size(), 2u) << "never guessed";
  }
  EXPECT_EQ(ReasonOf(Read(MakeNdjsonReader(Source(parent, "big5")), body).status), "ENCODING_UNKNOWN");
}

TEST_F(ImportTest, SaysWhatALineOfNdjsonShouldBe) {
  const Result result =
      Read(MakeNdjsonReader(Source("districts/310114/schools/s1")), "not json\n[\n\"a\"\n3\nnull\n{\"seats\":{}}\n");
  ASSERT_EQ(result.messages.size(), 6u);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(result.messages[i], "每行应是一个 JSON 对象") << i;
  EXPECT_THAT(result.messages[5], Not(HasSubstr("每行")));
}

TEST_F(ImportTest, TakesHeadersAsPeopleDecorateThem) {
  for (const char* header :
       {"*编号,名称（必填）,座位数（个）,面积(平方米)", "编号*,＊名称,座位数(单位：个),面积（㎡）",
        "＊编号＊,* 名称 *,座位数（seats）,\"面积\n（m²）\"", "编号（name）,名称(选填),座位数 （ 个 ）,面积"}) {
    const Result result = Csv(absl::StrCat(header, "\nr1,甲,3,4\n"));
    ASSERT_TRUE(result.status.ok()) << header << result.status;
    ASSERT_EQ(result.rooms.size(), 1u) << header;
    EXPECT_EQ(result.rooms[0].display_name(), "甲");
    EXPECT_EQ(result.rooms[0].seats(), 3);
    EXPECT_EQ(result.rooms[0].area(), "4");
  }
  EXPECT_EQ(Refusal("编号,名称,面积（亩）\nr1,a,1\n"), "CSV_HEADER_UNKNOWN 面积（亩）") << "another unit";
  EXPECT_EQ(Refusal("编号,名称,座位数（旧）\nr1,a,1\n"), "CSV_HEADER_UNKNOWN 座位数（旧）");
  EXPECT_EQ(Refusal("编号,名称,*名称\nr1,a,b\n"), "CSV_HEADER_DUPLICATE display_name");
}

TEST_F(ImportTest, FindsHeadersBelowATitle) {
  for (const char* above :
       {"sep=,\n", "第一小学房间一览表,,\n", "\"第一小学\n房间一览表\",\n\n填报人：,张三,2026年11月5日\n",
        "sep=,\r\n一,,\n二,,\n三,四,\n五,,\n"}) {
    const std::string file = absl::StrCat(above, "编号,名称\nr1,甲\nr2,\xff\n");
    const Result result = Csv(file);
    ASSERT_TRUE(result.status.ok()) << above << result.status;
    ASSERT_EQ(result.rooms.size(), 1u) << above;
    EXPECT_EQ(result.rooms[0].display_name(), "甲");
    EXPECT_THAT(result.errors, ElementsAre(absl::StrCat(result.lines[0] + 1, " display_name UNDECODABLE_BYTES")));
    EXPECT_EQ(Csv(Gb18030(absl::StrCat(above, "编号,名称\nr1,甲\n"))).rooms.size(), 1u) << above;
  }
  EXPECT_EQ(Refusal("一\n二\n三\n四\n五\n六\n编号\nr1\n"), "CSV_HEADER_MISSING body");
}

// The first row of such a file is of a person.
TEST_F(ImportTest, RepeatsNothingOfAFileWithoutHeaders) {
  for (const char* file : {"阿依古丽,999901198706010012\n", "\xEF\xBB\xBFr1,阿依古丽\nr2,甲\n", "阿依古丽\n",
                           "编号,999901198706010012\n"}) {
    const Result result = Csv(file);
    EXPECT_FALSE(result.status.ok());
    EXPECT_THAT(result.status.ToString(), Not(HasSubstr("阿依古丽"))) << file;
    EXPECT_THAT(result.status.ToString(), Not(HasSubstr("9999011987"))) << file;
    EXPECT_THAT(ChineseOf(result.status), HasSubstr("可用的列：编号（name）"));
  }
  EXPECT_EQ(Refusal("阿依古丽,999901198706010012\n"), "CSV_HEADER_MISSING body");
}

TEST_F(ImportTest, ReadsTextsThatLookLikeFormulas) {
  const std::string file = "=\"编号\",名称,标签\r\n=\"2199909911\",=\"007\",\"=\"\"1\"\"\"\r\n=\"b\",=1+1,=\nc,a=\"x\n";
  for (const size_t piece : {1, 2, 1 << 30}) {
    const Result result = Read(MakeCsvReader(Source("districts/310114/schools/s1")), file, piece);
    EXPECT_EQ(ReasonOf(result.status), "CSV_SYNTAX") << "a quote within a cell";
    ASSERT_EQ(result.rooms.size(), 2u);
    EXPECT_EQ(result.rooms[0].name(), "districts/310114/schools/s1/rooms/2199909911");
    EXPECT_EQ(result.rooms[0].display_name(), "007");
    EXPECT_THAT(result.rooms[0].tags(), ElementsAre("1"));
    EXPECT_EQ(result.rooms[1].display_name(), "=1+1");
    EXPECT_THAT(result.rooms[1].tags(), ElementsAre("="));
  }
}

TEST_F(ImportTest, WarnsOfWhatItDoesNotRead) {
  const Result result = Csv("room,,名称,\nr1,,甲,\nr2,旁注,乙,\nr3,又一个,丙,\u3000\n");
  EXPECT_EQ(result.rooms.size(), 3u);
  EXPECT_THAT(result.errors, ElementsAre());
  EXPECT_THAT(result.warnings, ElementsAre("3  COLUMN_WITHOUT_HEADER"));
  EXPECT_THAT(Csv("room,登记时间,etag\nr1,昨天,\n").warnings, ElementsAre()) << "always other than before";
}

}  // namespace
}  // namespace edudelta::gateway::codec
