#include "common/codes/code_sets.h"

#include <gtest/gtest.h>

#include <cctype>

#include "common/base/error.h"

namespace edudelta::codes {
namespace {

TEST(CodeSets, EmbeddedHasEverySetTheRegistersName) {
  const CodeSets sets = CodeSets::Embedded();
  for (const char* name : {"SCHOOL_KIND",
                           "SCHOOL_HOLDER",
                           "URBAN_RURAL",
                           "EDUCATION",
                           "DEGREE",
                           "TITLE_SERIES",
                           "TITLE",
                           "STAFF_KIND",
                           "STAFF_STATE",
                           "TEACHING_STAGE",
                           "SUBJECT",
                           "ROOM_USE",
                           "BUILDING_USE",
                           "BUILDING_CONDITION",
                           "STRUCTURE",
                           "SEISMIC_STANDARD",
                           "OWNERSHIP",
                           "USAGE_STATE",
                           "GENDER",
                           "ETHNICITY",
                           "POLITICAL_STATUS",
                           "ID_KIND",
                           "CLASSROOM_KIND",
                           "CLASS_SIZE_BAND",
                           "SAFETY_CONCLUSION",
                           "STAFF_CHANGE",
                           "APPOINTMENT",
                           "PUPIL_CHANGE",
                           "PUPIL_STATE",
                           "BACKBONE_LEVEL",
                           "HAZARD_GRADE"}) {
    EXPECT_NE(sets.Find(name), nullptr) << name;
  }
  EXPECT_EQ(sets.Find("ETHNICITY")->codes.size(), 56u);
  EXPECT_EQ(sets.Find("POLITICAL_STATUS")->codes.size(), 13u);
  EXPECT_FALSE(sets.version().empty());
}

TEST(CodeSets, NamesAreUpperSnakeCase) {
  const CodeSets sets = CodeSets::Embedded();
  EXPECT_GT(sets.All().size(), 50u);
  for (const CodeSet& set : sets.All()) {
    for (const char c : set.name) EXPECT_TRUE(std::isupper(c) || c == '_') << set.name;
    for (const Code& code : set.codes) EXPECT_EQ(sets.Label(set.name, code.code), code.label);
  }
}

TEST(CodeSets, LabelsFollowTheTables) {
  const CodeSets sets = CodeSets::Embedded();
  EXPECT_EQ(sets.Label("SCHOOL_KIND", "312"), "九年一贯制学校");
  EXPECT_EQ(sets.Label("URBAN_RURAL", "210"), "乡中心区");
  EXPECT_EQ(sets.Label("ETHNICITY", "56"), "基诺族");
  EXPECT_EQ(sets.Label("DEGREE", "404"), "教育学学士");
  EXPECT_EQ(sets.Label("STAFF_STATE", "11"), "在职");
  EXPECT_TRUE(sets.Contains("ROOM_USE", "141"));
}

TEST(CodeSets, UnknownSetsAndCodesAreAbsent) {
  const CodeSets sets = CodeSets::Embedded();
  EXPECT_EQ(sets.Find("NO_SUCH_SET"), nullptr);
  EXPECT_FALSE(sets.Label("NO_SUCH_SET", "1"));
  EXPECT_FALSE(sets.Label("GENDER", "3"));
  EXPECT_FALSE(sets.Contains("GENDER", ""));
  EXPECT_FALSE(sets.Contains("POLITICAL_STATUS", "1"));
}

TEST(CodeSets, ParseRefusesDefects) {
  EXPECT_TRUE(CodeSets::Parse("set,code,label\r\nA,1,x\r\n", "v").ok());
  for (const char* text :
       {"", "A,1,x\n", "set,code,label\nA,1\n", "set,code,label\nA,1,x,y\n", "set,code,label\nA,,x\n",
        "set,code,label\nA,1,x\nA,1,y\n", "set,code,label\nA,1,x\nB,1,x\nA,2,y\n"}) {
    EXPECT_EQ(ReasonOf(CodeSets::Parse(text, "v").status()), "CODE_SETS_MALFORMED") << text;
  }
}

TEST(Meant, ReadsWhatPeopleAndSpreadsheetsMakeOfCodes) {
  const CodeSets sets = CodeSets::Embedded();
  const auto meant = [&](const char* set, const char* written) { return Meant(sets.Find(set)->codes, written); };
  using Codes = std::vector<std::string>;
  for (const char* written : {"211", "小学", "211 小学", "211\u3000小学", "211.0", "211.00", "２１１"}) {
    EXPECT_EQ(meant("SCHOOL_KIND", written), Codes{"211"}) << written;
  }
  EXPECT_EQ(meant("GENDER", "女"), Codes{"2"});
  for (const char* written : {"01", "1", "1.0", "退休", "01 退休"}) {
    EXPECT_EQ(meant("STAFF_STATE", written), Codes{"01"}) << written;
  }
  EXPECT_EQ(meant("TITLE", "52"), Codes{"052"});
  EXPECT_EQ(meant("BACKBONE_LEVEL", "0"), Codes{"0"});
  for (const char* written : {"", "211小学", "211 中学", "中学", "2.11E+02", "211.5", "211.", "0211", "999", ".0"}) {
    EXPECT_EQ(meant("SCHOOL_KIND", written), Codes{}) << written;
  }
  EXPECT_EQ(Meant({{"7", "甲"}, {"07", "乙"}}, "7"), Codes{"7"});
  EXPECT_EQ(Meant({{"7", "甲"}, {"07", "乙"}}, "7.0"), (Codes{"7", "07"}));
  EXPECT_EQ(Meant({{"07", "甲"}, {"007", "乙"}}, "7"), (Codes{"07", "007"}));
}

// What an export writes and a spreadsheet saves in other words is read back, in every set.
TEST(Meant, KnowsEveryCodeAgainWithoutItsZeros) {
  const CodeSets sets = CodeSets::Embedded();
  for (const CodeSet& set : sets.All()) {
    for (const Code& code : set.codes) {
      if (code.code.find_first_not_of("0123456789") != std::string::npos) continue;
      const std::string bare = std::to_string(std::stoi(code.code));
      EXPECT_EQ(Meant(set.codes, bare), std::vector<std::string>{code.code}) << set.name;
      EXPECT_EQ(Meant(set.codes, code.label), std::vector<std::string>{code.code}) << set.name;
    }
  }
}

TEST(ListOf, IsBounded) {
  const CodeSets sets = CodeSets::Embedded();
  EXPECT_EQ(ListOf(sets.Find("GENDER")->codes), "0 未知的性别、1 男、2 女、9 未说明的性别");
  const std::string kinds = ListOf(sets.Find("SCHOOL_KIND")->codes);
  EXPECT_EQ(kinds.find("111 幼儿园、119 附设幼儿班、211 小学、"), 0u);
  EXPECT_NE(kinds.find("等 59 个"), std::string::npos);
}

}  // namespace
}  // namespace edudelta::codes
