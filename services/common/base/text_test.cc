#include "common/base/text.h"

#include <gtest/gtest.h>

#include <string>

namespace edudelta {
namespace {

TEST(StripBlanks, TakesWhatNobodySees) {
  const std::string blanks = " \t\r\n\u00A0\u00AD\u2003\u200B\u200D\u2060\u3000\u3164\uFEFF";
  EXPECT_EQ(StripBlanks(blanks + "甲\u3000乙" + blanks), "甲\u3000乙");
  EXPECT_EQ(StripBlanks(blanks), "");
  EXPECT_TRUE(IsBlank(blanks));
  EXPECT_EQ(StripBlanks("\u3001甲𠮷"), "\u3001甲𠮷") << "no part of a character is taken for another";
}

TEST(StripBlanks, EndsWithAnyBytes) {
  for (const char* broken : {"\xe3\x80", "\x80\x80\x80\x80", "a\xe3\x80", "\xf0", "\xff \x80"}) {
    EXPECT_LE(StripBlanks(broken).size(), std::string(broken).size());
    EXPECT_EQ(FaultOf("", Lines::kOne), TextFault::kNone);
  }
}

TEST(FaultOf, TellsLinesFromOtherFaults) {
  for (const char* line : {"a\nb", "a\r\nb", "a\u2028b", "\n"}) {
    EXPECT_EQ(FaultOf(line, Lines::kOne), TextFault::kLineBreak) << line;
    EXPECT_EQ(FaultOf(line, Lines::kMany), TextFault::kNone) << line;
  }
  EXPECT_EQ(FaultOf("a\tb", Lines::kMany), TextFault::kNone);
  EXPECT_EQ(FaultOf("a\tb", Lines::kOne), TextFault::kCharacter);
}

TEST(FaultOf, KnowsWhatNoTextMayHave) {
  for (const std::string& bad :
       {std::string(1, '\0'), std::string("\x1b"), std::string("\a"), std::string("\x7f"), std::string("\u0085"),
        std::string("\u202E"), std::string("\u2066"), std::string("\u200F"), std::string("\uFFFD"),
        std::string("\uFFFF"), std::string("\uFDD0"), std::string("\U0001FFFE"), std::string("\uFEFF甲")}) {
    for (const Lines lines : {Lines::kOne, Lines::kMany}) EXPECT_EQ(FaultOf(bad, lines), TextFault::kCharacter) << bad;
  }
  for (const char* good : {"", "甲 乙", "\u3000", "阿依古丽·买买提", "نۇرگۈل\u200Cئا", "𠮷\U000E0100", "é🏫\uE000"}) {
    EXPECT_EQ(FaultOf(good, Lines::kOne), TextFault::kNone) << good;
  }
}

}  // namespace
}  // namespace edudelta
