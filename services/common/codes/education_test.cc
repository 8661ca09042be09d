#include "common/codes/education.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/codes/code_sets.h"

namespace edudelta::codes {
namespace {

TEST(AboveRequired, CountsExactlyTheCompletedDegrees) {
  const CodeSets sets = CodeSets::Embedded();
  const std::set<std::string> junior = {"11", "14", "17", "21", "28"};
  const std::set<std::string> primary = {"11", "14", "17", "21", "28", "31"};
  for (const Code& code : sets.Find("EDUCATION")->codes) {
    EXPECT_EQ(AboveRequired(CompulsoryStage::kPrimary, code.code), primary.contains(code.code)) << code.code;
    EXPECT_EQ(AboveRequired(CompulsoryStage::kJunior, code.code), junior.contains(code.code)) << code.code;
  }
}

TEST(AboveRequired, UnknownCodesDoNotCount) {
  EXPECT_FALSE(AboveRequired(CompulsoryStage::kPrimary, ""));
  EXPECT_FALSE(AboveRequired(CompulsoryStage::kPrimary, "2"));
  EXPECT_FALSE(AboveRequired(CompulsoryStage::kJunior, "211"));
}

}  // namespace
}  // namespace edudelta::codes
