// Cells as spreadsheets leave them.
#include "gateway/codec/spreadsheet.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/codec/export.h"
#include "gateway/codec/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::codec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace pb = sample::v1;

TEST(LooksLikeFormula, SeesThroughWidthAndBlanks) {
  for (const char* formula : {"=1",
                              "+1",
                              "-1",
                              "@x",
                              "＝1+1",
                              "＋1",
                              "－1",
                              "＠x",
                              "\t1",
                              "\r1",
                              "\n1",
                              "\n=1",
                              " =1",
                              "\u00A0=1",
                              "\u3000=1",
                              "\u200B=1",
                              "\uFEFF=1",
                              "'=1",
                              "''＝1",
                              " '=1",
                              "' =1",
                              "\u2212"
                              "1"}) {
    EXPECT_TRUE(LooksLikeFormula(formula)) << formula;
  }
  for (const char* text : {"", "'", "甲=1", "1-2", "'甲", " 甲", "\u200B"})
    EXPECT_FALSE(LooksLikeFormula(text)) << text;
}

TEST(ChangesInSpreadsheet, TakesDatesNumbersAndTruth) {
  for (const char* id : {"2025-2-1", "2025-02", "1-2", "2025.2.1", "007", "999901000000", "1e5", "1.50", "-1", "true",
                         "FALSE", "may-3", "3-May", "mar1", "SEPT2"}) {
    EXPECT_TRUE(ChangesInSpreadsheet(id)) << id;
  }
  for (const char* id :
       {"2199909901", "0", "2025", "t001", "2025-A-1", "s0001", "march", "2-1-3-4", "1-b", "jiading-2019"}) {
    EXPECT_FALSE(ChangesInSpreadsheet(id)) << id;
  }
}

class ReadingsTest : public ImportTest {
 protected:
  // "id" of each row, or "row column REASON".
  std::vector<std::string> Ids(const std::string& body) {
    const auto reader =
        MakeCsvReader({.sheet = &readings_, .json = &json_, .parent = "districts/310114", .charset = ""});
    absl::Status status = reader->Feed(body);
    if (status.ok()) status = reader->Finish();
    EXPECT_TRUE(status.ok()) << status;
    std::vector<std::string> told;
    for (const auto& row : reader->TakeRows()) {
      const std::vector<std::string> parts = absl::StrSplit(dynamic_cast<pb::Reading&>(*row.message).name(), '/');
      told.push_back(parts.back());
    }
    for (const auto& error : reader->TakeErrors()) {
      told.push_back(absl::StrCat(error.row(), " ", error.column(), " ", error.reason()));
      EXPECT_THAT(error.message(), HasSubstr("文本"));
    }
    return told;
  }
  Sheet readings_{pb::Reading::descriptor(), {}, codes_};
};

TEST_F(ReadingsTest, KnowsAnIdAgainByTheRowsFields) {
  for (const char* cell : {"2025-2-1", "2025/2/1", "2025-02-01", "2025/02/01", "2025年2月1日", "2025.2.1", "2/1/2025",
                           "2025/2/1 0:00", "'2025-2-1", "\u00A02025/2/1\u3000"}) {
    EXPECT_THAT(Ids(absl::StrCat("编号,年,学期,周,值\n", cell, ",2025,2,1,7\n")), ElementsAre("2025-2-1")) << cell;
    EXPECT_THAT(Ids(absl::StrCat("值,周,学期,年,编号\n7,1,2,2025,", cell, "\n")), ElementsAre("2025-2-1")) << cell;
  }
  // The fields too may be as a spreadsheet left them.
  EXPECT_THAT(Ids("编号,年,学期,周\n2025/2/1,2025.0,2,1.00\n2025-2-2,２０２５,2,2\n"),
              ElementsAre("2025-2-1", "2025-2-2"));
  EXPECT_THAT(Ids("编号,年,学期,周\n2025/2/2,2025,2,1\n2.03E+03,2025,2,1\n2025-A-1,2025,A,1\n"),
              ElementsAre("2025-A-1", "2 name ID_MANGLED_BY_SPREADSHEET", "3 name ID_MANGLED_BY_SPREADSHEET"));
}

TEST_F(ReadingsTest, TellsWhenAnIdCannotBeKnownAgain) {
  EXPECT_THAT(Ids("编号,值\n2025/2/1,7\n2025年2月1日,7\n"),
              ElementsAre("2 name ID_MANGLED_BY_SPREADSHEET", "3 name ID_MANGLED_BY_SPREADSHEET"));
}

TEST_F(ReadingsTest, ExportsIdsThatStayThemselves) {
  pb::Reading reading;
  reading.set_name("districts/310114/readings/2025-2-1");
  reading.set_year(2025);
  std::string out;
  ASSERT_TRUE(MakeCsvWriter(readings_, json_, "districts/310114")->Row(reading, &out).ok());
  EXPECT_THAT(out, HasSubstr("'2025-2-1,2025"));
}

TEST_F(ImportTest, TellsIdsThatCannotBeReadBack) {
  EXPECT_THAT(Csv("room,paired_school\n2025/2/1,\nr1,2025/2/1\nr2,1.31E+11\n1.31E+11,\n2025-02-01,2025-02-01\n").errors,
              ElementsAre("2 name ID_MANGLED_BY_SPREADSHEET", "3 paired_school ID_MANGLED_BY_SPREADSHEET",
                          "4 paired_school ID_MANGLED_BY_SPREADSHEET", "5 name ID_MANGLED_BY_SPREADSHEET"));
  EXPECT_EQ(Csv("school,room\n'007,'1-2\n", "districts/310114/schools/-").rooms.at(0).name(),
            "districts/310114/schools/007/rooms/1-2");
}

TEST_F(ImportTest, TakesBlanksOffCells) {
  const Result result = Csv(
      "room,名称,seats,有暖气,面积,状态\n\u00A0r1\u3000,\u3000甲 乙\u200B,1999\u00A0,是\u3000,\u3000,使用中\u00A0\n");
  EXPECT_THAT(result.errors, ElementsAre());
  ASSERT_EQ(result.rooms.size(), 1u);
  EXPECT_EQ(result.rooms[0].display_name(), "甲 乙");
  EXPECT_EQ(result.rooms[0].seats(), 1999);
  EXPECT_TRUE(result.rooms[0].heated());
  const Result shown = Csv("room,seats\nr1,19\u200B99\n");
  ASSERT_EQ(shown.messages.size(), 1u);
  EXPECT_THAT(shown.messages[0], HasSubstr("19U+200B99"));
}

// The memory of a row is bounded by the sheet's columns, whatever the number of its commas.
TEST_F(ImportTest, EndsARowOfNothingButCommas) {
  EXPECT_EQ(Refusal(std::string(40 << 20, ',')), "ROW_TOO_LONG body");
  EXPECT_EQ(Refusal("room" + std::string(4 << 20, ',')), "ROW_TOO_LONG body");
  EXPECT_EQ(Refusal("room,名称\nr1,a" + std::string(4 << 20, ',') + "\n"), "ROW_TOO_LONG body");
  EXPECT_EQ(Refusal("room" + std::string(500, ',') + "名称\nr1\n"), "CSV_TOO_MANY_COLUMNS body");
  const std::string commas(16384, ',');
  const Result wide = Csv("room" + commas + "\nr1" + commas + "\nr2" + commas + "x\n");
  EXPECT_THAT(wide.lines, ElementsAre(2)) << "as wide as a sheet can be";
  EXPECT_THAT(wide.errors, ElementsAre("3  ROW_TOO_MANY_CELLS"));
}

TEST_F(ImportTest, TellsWhatALineOfNdjsonSays) {
  const auto reader = MakeNdjsonReader(Source("districts/310114/schools/s1"));
  ASSERT_TRUE(
      reader->Feed("{\"heated\":false,\"displayName\":null,\"name\":\"districts/310114/schools/s1/rooms/a\"}\n").ok());
  ASSERT_TRUE(reader->Finish().ok());
  const auto rows = reader->TakeRows();
  ASSERT_EQ(rows.size(), 1u);
  ASSERT_TRUE(rows[0].said.has_value());
  std::vector<std::string> names;
  for (const auto* field : *rows[0].said) names.push_back(field->name());
  EXPECT_THAT(names, ElementsAre("name", "display_name", "heated"));
}

TEST_F(ImportTest, ReadsCodesByLabelAndAsSpreadsheetsLeaveThem) {
  const Result result =
      Csv("room,用途代码\na,01\nb,1\nc,211.0\nd,小学\ne,实验室（理化）\nf,01 教室\ng,A\nh,7\ni,9\nj,'01\n");
  EXPECT_THAT(result.errors, ElementsAre());
  std::vector<std::string> codes;
  for (const auto& room : result.rooms) codes.push_back(room.use_code());
  EXPECT_THAT(codes, ElementsAre("01", "01", "211", "211", "02", "01", "A", "7", "9", "'01"));
  EXPECT_THAT(Csv("room,用途代码\na,7.0\n").errors, ElementsAre("2 use_code CODE_MANGLED_BY_SPREADSHEET"));
}

TEST_F(ImportTest, TellsWhichValuesThereAre) {
  const Result result = Csv("room,状态\na,停用了\n");
  EXPECT_THAT(result.errors, ElementsAre("2 state ENUM_UNKNOWN"));
  EXPECT_EQ(result.messages.at(0), "不是可用的取值：停用了；可填：使用中、已停用");
}

TEST_F(ImportTest, ReadsNumbersAsSpreadsheetsShowThem) {
  for (const char* cell : {"1200", "1200.0", "1200.00", "\"1,200\"", "\"1,200.00\"", "１２００"}) {
    const Result result =
        Csv(absl::StrCat("room,seats,面积,造价,纬度\na,", cell, ",", cell, ",", cell, ",", cell, "\n"));
    EXPECT_THAT(result.errors, ElementsAre()) << cell;
    ASSERT_EQ(result.rooms.size(), 1u);
    EXPECT_EQ(result.rooms[0].seats(), 1200) << cell;
    EXPECT_EQ(result.rooms[0].cost(), 1200) << cell;
    EXPECT_EQ(result.rooms[0].latitude(), 1200) << cell;
    EXPECT_EQ(std::stod(result.rooms[0].area()), 1200) << cell;
  }
  for (const char* cell : {"60.5", "6.0E+01", "\"12,00\"", "\"1,20,000\"", "\",200\"", "\"1234,567\"", "\"--12,345\"",
                           "60.", "六十", "\"1,200,\""}) {
    EXPECT_THAT(Csv(absl::StrCat("room,seats\na,", cell, "\n")).errors, ElementsAre("2 seats VALUE_NOT_A_NUMBER"))
        << cell;
  }
}

TEST_F(ImportTest, ExportsTextsThatStayThemselves) {
  pb::Room room;
  room.set_name("districts/310114/schools/s1/rooms/a");
  room.mutable_built()->set_year(2025);
  room.mutable_built()->set_month(9);
  room.mutable_built()->set_day(1);
  room.set_use_code("01");
  for (const char* text : {"007", "1-2", "3/4", "'007", "999901198706010012", "2025/2/1", "TRUE", "1E5"}) {
    room.set_display_name(text);
    room.clear_tags();
    room.add_tags(text);
    std::string file;
    const auto writer = MakeCsvWriter(sheet_, json_, "districts/310114/schools/s1");
    writer->Begin(&file);
    ASSERT_TRUE(writer->Row(room, &file).ok());
    EXPECT_THAT(file, HasSubstr(absl::StrCat("a,'", text, ","))) << "kept by the mark";
    EXPECT_THAT(file, HasSubstr(",2025-09-01,")) << "a day";
    EXPECT_THAT(file, HasSubstr(",01,")) << "a code";
    const Result result = Csv(file);
    ASSERT_EQ(result.rooms.size(), 1u) << file;
    EXPECT_EQ(result.rooms[0].display_name(), text);
    EXPECT_THAT(result.rooms[0].tags(), ElementsAre(text));
  }
}

}  // namespace
}  // namespace edudelta::gateway::codec
