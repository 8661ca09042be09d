#include "gateway/cli/table.h"

#include <gtest/gtest.h>

#include <sstream>

#include "gateway/cli/text.h"

namespace edudelta::gateway::cli {
namespace {

TEST(DisplayWidth, CountsChineseAsTwo) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("嘉定区"), 6);
  EXPECT_EQ(DisplayWidth("（㎡）"), 6);
  EXPECT_EQ(DisplayWidth("𠮷野"), 4);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1);
  EXPECT_EQ(DisplayWidth("\xFF\xFE"), 2);
}

TEST(FitTo, CutsBetweenCharacters) {
  EXPECT_EQ(FitTo("嘉定区", 6), "嘉定区");
  EXPECT_EQ(FitTo("嘉定区实验小学", 6), "嘉定…");
  EXPECT_EQ(FitTo("嘉定区实验小学", 7), "嘉定区…");
}

TEST(Table, AlignsByWidthOnTheScreen) {
  Table table;
  table.Column("学校");
  table.Column("人数", Align::kRight);
  table.Column("备注");
  table.Row({"嘉定一中", "1200", ""});
  table.Row({"A", "9"});
  std::ostringstream out;
  table.Print(out, " ");
  EXPECT_EQ(out.str(), " 学校      人数\n 嘉定一中  1200\n A            9\n");
}

TEST(Table, KeepsControlCharactersFromTheTerminal) {
  Table table;
  table.Column("x");
  table.Row({"a\033[2Jb\nc"});
  std::ostringstream out;
  table.Print(out);
  EXPECT_EQ(out.str(), "x\na [2Jb c\n");
}

TEST(Text, FormatsForPeople) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1234567), "1,234,567");
  EXPECT_EQ(Grouped(-1000), "-1,000");
  EXPECT_EQ(LocalTime("2026-10-07T17:30:00.123Z"), "2026-10-08 01:30:00");
  EXPECT_EQ(LocalTime("soon"), "soon");
  EXPECT_EQ(TrimZeros("5.8500"), "5.85");
  EXPECT_EQ(TrimZeros("3.0000"), "3");
  EXPECT_EQ(TrimZeros("100"), "100");
  EXPECT_EQ(TrimZeros(""), "");
}

TEST(Text, EncodesWhatAPathAndAQueryMayNotHold) {
  EXPECT_EQ(EncodePath("districts/310114:evaluateBalance"), "districts/310114:evaluateBalance");
  EXPECT_EQ(EncodePath("a b?c#d"), "a%20b%3Fc%23d");
  EXPECT_EQ(EncodeQuery("kind = \"312\"&x"), "kind%20%3D%20%22312%22%26x");
  EXPECT_EQ(CleanName("/v1/districts/310114/"), "districts/310114");
}

TEST(NewRequestId, IsAUuidOfVersion4) {
  const std::string id = NewRequestId();
  ASSERT_EQ(id.size(), 36u);
  EXPECT_EQ(id[14], '4');
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
  EXPECT_NE(id, NewRequestId());
}

}  // namespace
}  // namespace edudelta::gateway::cli
