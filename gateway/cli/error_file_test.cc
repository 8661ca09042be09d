#include "gateway/cli/error_file.h"

#include <gtest/gtest.h>

#include <sstream>

namespace edudelta::gateway::cli {
namespace {

class ErrorFile : public testing::Test {
 protected:
  std::vector<RowError> Find(const std::string& text, std::vector<RowError> errors, bool ndjson = false,
                             const std::string& encoding = "auto") {
    std::istringstream file(text);
    FindValues({file, ndjson, encoding, {{"display_name", {"学校名称"}}, {"kind", {}}, {"name", {"编号", "学校"}}}},
               &errors);
    return errors;
  }
};

TEST_F(ErrorFile, FindsValuesByRowAndHeader) {
  const auto errors = Find("\xEF\xBB\xBF编号,　学校名称　,kind\r\n1,甲,211\r\n\r\n2,\"乙\n二行\",212\r\n3,丙,9\r\n",
                           {{4, "display_name", "", "", ""},
                            {5, "kind", "", "", ""},
                            {5, "name", "", "", ""},
                            {5, "", "", "", ""},
                            {99, "kind", "", "", ""}});
  EXPECT_EQ(errors[0].value, "乙\n二行");
  EXPECT_EQ(errors[1].value, "9");
  EXPECT_EQ(errors[2].value, "3");
  EXPECT_EQ(errors[3].value, "");
  EXPECT_EQ(errors[4].value, "");
  EXPECT_EQ(errors[0].label, "学校名称");
  EXPECT_EQ(errors[1].label, "");
  EXPECT_EQ(errors[2].label, "编号");
}

TEST_F(ErrorFile, FindsHeadersBelowATitleAndAsPeopleDecorateThem) {
  const auto errors = Find("sep=,\n学校一览表,,\n*编号,学校名称（必填）,kind\n1,甲,211\n",
                           {{4, "display_name", "", "", ""}, {4, "name", "", "", ""}});
  EXPECT_EQ(errors[0].value, "甲");
  EXPECT_EQ(errors[1].value, "1");
}

TEST_F(ErrorFile, FindsHeadersThatAreKeptFromSpreadsheets) {
  for (const char* header : {"=\"编号\",=\"学校名称\"", "\"=\"\"编号\"\"\",\"=\"\"学校名称\"\"\""}) {
    const auto errors = Find(std::string(header) + "\n=\"1\",甲\n", {{2, "display_name", "", "", ""}});
    EXPECT_EQ(errors[0].value, "甲") << header;
    EXPECT_EQ(errors[0].label, "学校名称") << header;
  }
}

TEST(WriteErrors, LetsNoSpreadsheetRunAValue) {
  for (const char* value : {"=1+1", "＝1+1", " =1", "\u3000@x", "'=1"}) {
    EXPECT_NE(WriteErrors({{2, "kind", value, "R", "m", ""}}).find(std::string(",'") + value + ","), std::string::npos)
        << value;
  }
  EXPECT_NE(WriteErrors({{2, "kind", "-3.5", "R", "m", ""}}).find(",-3.5,"), std::string::npos);
}

TEST_F(ErrorFile, ReadsGb18030) {
  // 编号,学校名称 / 1,学
  const auto errors =
      Find("\xB1\xE0\xBA\xC5,\xD1\xA7\xD0\xA3\xC3\xFB\xB3\xC6\n1,\xD1\xA7\n", {{2, "display_name", "", "", ""}});
  EXPECT_EQ(errors[0].value, "学");
}

TEST_F(ErrorFile, ReadsNdjson) {
  const auto errors = Find("{\"name\":\"a\",\"floor\":3}\n{\"name\":\"b\"\n",
                           {{1, "floor", "", "", ""}, {2, "name", "", "", ""}}, true);
  EXPECT_EQ(errors[0].value, "3");
  EXPECT_EQ(errors[1].value, "");
}

TEST_F(ErrorFile, ReadsNdjsonOfGb18030) {
  // 名
  const auto errors = Find("{\"name\":\"\xC3\xFB\"}\n", {{1, "name", "", "", ""}}, true, "gb18030");
  EXPECT_EQ(errors[0].value, "名");
}

TEST_F(ErrorFile, WritesCsvThatASpreadsheetMayOpen) {
  EXPECT_EQ(WriteErrors({{2, "kind", "=1+1", "CODE_UNKNOWN", "没有\"代码\"", "办学类型"},
                         {3, "longitude", "-12.5", "R", "a,b"}}),
            "\xEF\xBB\xBFrow,column,value,reason,message,label\r\n"
            "2,kind,'=1+1,CODE_UNKNOWN,\"没有\"\"代码\"\"\",办学类型\r\n"
            "3,longitude,-12.5,R,\"a,b\",\r\n");
}

TEST_F(ErrorFile, TellsTheHeaderAndTheField) {
  EXPECT_EQ(ErrorLine({2, "kind", "", "CODE_UNKNOWN", "没有", "办学类型"}),
            "第 2 行 办学类型（kind）：没有（CODE_UNKNOWN）");
  EXPECT_EQ(ErrorLine({2, "kind", "", "R", "没有"}), "第 2 行 kind：没有（R）");
  EXPECT_EQ(ErrorLine({2, "", "", "R", "没有"}), "第 2 行：没有（R）");
}

TEST_F(ErrorFile, TakesTheCataloguesLabelWhereTheFileHasTheFieldsName) {
  EXPECT_EQ(Find("name,display_name\n1,甲\n", {{2, "display_name", "", "", ""}})[0].label, "学校名称");
  EXPECT_EQ(Find("学校,kind\n1,9\n", {{2, "name", "", "", ""}})[0].label, "学校") << "as the file says";
  const auto ndjson = Find("{\"display_name\":\"甲\"}\n", {{1, "display_name", "", "", ""}}, true);
  EXPECT_EQ(ndjson[0].label, "学校名称");
}

TEST_F(ErrorFile, LeavesOutTheValueOfALineThatNestsTooDeep) {
  const std::string deep = "{\"kind\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}\n";
  EXPECT_EQ(Find(deep, {{1, "kind", "", "", ""}}, true)[0].value, "");
}

TEST_F(ErrorFile, ReadsTheAnswersErrors) {
  const auto errors =
      ReadErrors(ParseJson(R"({"errors": [{"row": "7", "column": "kind", "reason": "X", "message": "不对"}]})"));
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].row, 7);
  EXPECT_EQ(errors[0].reason, "X");
}

}  // namespace
}  // namespace edudelta::gateway::cli
