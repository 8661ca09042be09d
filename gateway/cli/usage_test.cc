#include "gateway/cli/usage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gateway/cli/command_line.h"

namespace edudelta::gateway::cli {
namespace {

// What the program says to these arguments; empty when it takes them.
std::string Say(std::vector<std::string> words) {
  CLI::App app("", "edudelta");
  Globals globals;
  Action action;
  AddCommandLine(app, &globals, &action);
  std::reverse(words.begin(), words.end());
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    return UsageText(app, error);
  }
  return "";
}

TEST(UsageText, NamesAMistypedCommand) {
  EXPECT_EQ(Say({"lst", "districts"}), "不认识的命令 lst，是否指 list（edudelta --help 看用法）");
  EXPECT_EQ(Say({"plan", "target", "x"}), "不认识的命令 target，是否指 targets（edudelta plan --help 看用法）");
  EXPECT_EQ(Say({"frobnicate"}), "不认识的命令 frobnicate（edudelta --help 看用法）");
  EXPECT_EQ(Say({"名册"}), "不认识的命令 名册（edudelta --help 看用法）");
  EXPECT_EQ(Say({}), "应给出一个命令（edudelta --help 看用法）");
  EXPECT_EQ(Say({"agreement"}), "应给出一个命令（edudelta agreement --help 看用法）");
}

TEST(UsageText, NamesAMistypedOption) {
  EXPECT_EQ(Say({"--nope"}), "不认识的选项 --nope（edudelta --help 看用法）");
  EXPECT_EQ(Say({"list", "--fitler", "x", "districts/1"}),
            "不认识的选项 --fitler，是否指 --filter（edudelta list --help 看用法）");
  EXPECT_EQ(Say({"list", "--fitler=x", "districts/1"}),
            "不认识的选项 --fitler，是否指 --filter（edudelta list --help 看用法）");
  EXPECT_EQ(Say({"list", "districts", "--jsn"}), "不认识的选项 --jsn，是否指 --json（edudelta list --help 看用法）");
  EXPECT_EQ(Say({"list", "-x", "districts"}), "不认识的选项 -x（edudelta list --help 看用法）");
}

TEST(UsageText, BlamesTheUnknownOptionForWhatItsValueBreaks) {
  EXPECT_EQ(Say({"balance", "--yaer", "2025"}), "不认识的选项 --yaer，是否指 --year（edudelta balance --help 看用法）");
  EXPECT_EQ(Say({"--filter", "x", "list", "districts"}),
            "选项 --filter 应写在 edudelta list 之后（edudelta list --help 看用法）");
}

TEST(UsageText, SaysWhatAnArgumentShouldBe) {
  EXPECT_EQ(Say({"balance", "310114", "--year", "abc"}),
            "参数的值有误：--year 应是 1990 到 2100 的整数，给出的是 abc（edudelta balance --help 看用法）");
  EXPECT_EQ(
      Say({"balance", "31011", "--year", "2025"}),
      "参数的值有误：DISTRICT 应是六位数字的区划代码，如 310114，给出的是 31011（edudelta balance --help 看用法）");
  EXPECT_EQ(Say({"import", "a", "b", "--mode", "foo"}),
            "参数的值有误：--mode 应是 partial、atomic、validate 之一，给出的是 foo（edudelta import --help 看用法）");
  EXPECT_EQ(Say({"list", "a", "--limit", "1.5"}),
            "参数的值有误：--limit 应是 1 到 100000000 的整数，给出的是 1.5（edudelta list --help 看用法）");
  EXPECT_EQ(Say({"list", "a", "--limit", ""}),
            "参数的值有误：--limit 应是 1 到 100000000 的整数，给出的是 空的（edudelta list --help 看用法）");
  EXPECT_EQ(Say({"status", "--wait", "long"}),
            "参数的值有误：--wait 应是 0 到 86400 的整数，给出的是 long（edudelta status --help 看用法）");
  EXPECT_EQ(Say({"list", "a", "--all=maybe"}), "参数的值有误：--all = maybe（edudelta list --help 看用法）");
}

TEST(UsageText, CountsArguments) {
  EXPECT_EQ(Say({"list"}), "缺少参数 COLLECTION（集合）（edudelta list --help 看用法）");
  EXPECT_EQ(Say({"plan", "load", "plan.json"}),
            "缺少参数 --district（区划代码，如 310114）（edudelta plan load --help 看用法）");
  EXPECT_EQ(Say({"list", "a", "b"}), "多余的参数 b（edudelta list --help 看用法）");
  EXPECT_EQ(Say({"districts", "list"}),
            "缺少参数 COLLECTION（集合）；多余的参数 districts（edudelta list --help 看用法）");
  EXPECT_EQ(Say({"list", "a", "--filter"}), "选项 --filter 之后应给出值（edudelta list --help 看用法）");
  EXPECT_EQ(Say({"list", "a", "--limit", "1", "--limit", "2"}),
            "选项 --limit 只能给出一次（edudelta list --help 看用法）");
}

TEST(UsageText, IsAskedForNothingWhenTheArgumentsAreGood) {
  EXPECT_EQ(Say({"list", "districts", "--filter", "a = 1", "--json", "--timeout", "5"}), "");
  EXPECT_EQ(Say({"plan", "targets"}), "");
}

std::string HelpOf(const CLI::App& app) {
  std::string text = app.help();
  for (const CLI::App* command : app.get_subcommands(nullptr)) text += HelpOf(*command);
  return text;
}

TEST(Help, SpeaksChinese) {
  CLI::App app("", "edudelta");
  Globals globals;
  Action action;
  AddCommandLine(app, &globals, &action);
  const std::string help = HelpOf(app);
  for (const char* english : {"Usage", "OPTIONS", "Options", "SUBCOMMAND", "Subcommand", "Positionals", "REQUIRED",
                              "Env:", "TEXT", "INT", "UINT", "Print this", "needs", "excludes"}) {
    EXPECT_FALSE(absl::StrContains(help, english)) << english;
  }
}

}  // namespace
}  // namespace edudelta::gateway::cli
