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

}  // namespace
}  // namespace edudelta::codes
