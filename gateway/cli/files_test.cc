#include "gateway/cli/files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "gateway/cli/failure.h"
#include "gateway/cli/json.h"

namespace edudelta::gateway::cli {
namespace {

TEST(ReadFile, ReadsBackWhatWasWritten) {
  const std::string path = testing::TempDir() + "/written.txt";
  for (const std::string& text : {std::string(), std::string("一行\n"), std::string(200'000, 'x')}) {
    ASSERT_TRUE(WritePrivate(path, text).ok());
    EXPECT_EQ(ReadFile(path).value(), text);
  }
}

TEST(ReadFile, RefusesAFolderAndWhatIsNotThere) {
  for (const std::string& path : {testing::TempDir(), testing::TempDir() + "/absent"}) {
    EXPECT_EQ(ExitOf(ReadFile(path).status()), Exit::kUsage);
    EXPECT_EQ(TextOf(ReadFile(path).status()), "读不出文件 " + path);
  }
}

TEST(MakePrivate, KeepsNothingOfWhatWasThere) {
  const std::string path = testing::TempDir() + "/private.part";
  std::ofstream(path) << "former";
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  ASSERT_TRUE(MakePrivate(path));
  EXPECT_EQ(ReadFile(path).value(), "");
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600));
  EXPECT_FALSE(MakePrivate(testing::TempDir()));
  EXPECT_FALSE(MakePrivate("/dev/null"));
}

TEST(CheckDepth, RefusesWhatNestsTooDeepOutsideStrings) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(CheckDepth("a.json", nested(100)).ok());
  EXPECT_TRUE(ParseJson(nested(100)).is_array());
  for (const std::string& text :
       {nested(101), nested(100'000), std::string(100'000, '['), R"(["\"]",)" + nested(100) + "]"}) {
    EXPECT_EQ(ExitOf(CheckDepth("a.json", text)), Exit::kUsage);
    EXPECT_EQ(TextOf(CheckDepth("a.json", text)), "a.json 的 JSON 嵌套超过 100 层");
    EXPECT_TRUE(ParseJson(text).is_discarded());
  }
  const std::string quoted = "[\"\\\"" + std::string(200, '[') + "\"]";
  EXPECT_TRUE(CheckDepth("a.json", quoted).ok());
  EXPECT_TRUE(ParseJson(quoted).is_array());
}

TEST(WritePrivate, ReplacesOnlyARegularFile) {
  for (const std::string& path : {testing::TempDir(), testing::TempDir() + "/absent/file", std::string("/dev/null")}) {
    EXPECT_FALSE(CanWritePrivate(path)) << path;
    EXPECT_EQ(ExitOf(WritePrivate(path, "x")), Exit::kUsage) << path;
  }
  EXPECT_TRUE(CanWritePrivate(testing::TempDir() + "/written.txt"));
}

}  // namespace
}  // namespace edudelta::gateway::cli
