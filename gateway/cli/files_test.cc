#include "gateway/cli/files.h"

#include <gtest/gtest.h>

#include "gateway/cli/failure.h"

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

TEST(WritePrivate, ReplacesOnlyARegularFile) {
  for (const std::string& path : {testing::TempDir(), testing::TempDir() + "/absent/file", std::string("/dev/null")}) {
    EXPECT_FALSE(CanWritePrivate(path)) << path;
    EXPECT_EQ(ExitOf(WritePrivate(path, "x")), Exit::kUsage) << path;
  }
  EXPECT_TRUE(CanWritePrivate(testing::TempDir() + "/written.txt"));
}

}  // namespace
}  // namespace edudelta::gateway::cli
