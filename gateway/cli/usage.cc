#include "gateway/cli/usage.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace edudelta::gateway::cli {
namespace {

constexpr size_t kFarthest = 2;

// The command that the arguments chose, as deep as they go.
const CLI::App& Chosen(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().back();
  return *at;
}

std::string PathTo(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : absl::StrCat(PathTo(*parent), " ", command.get_name());
}

// Letters to add, drop or change to make one word of the other.
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({changed, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row.back();
}

std::optional<std::string> Nearest(absl::string_view word, const std::vector<std::string>& known) {
  std::optional<std::string> nearest;
  size_t best = std::min(kFarthest, word.size() / 2) + 1;
  for (const std::string& one : known) {
    const size_t distance = Distance(word, one);
    if (distance >= best) continue;
    best = distance;
    nearest = one;
  }
  return nearest;
}

std::vector<std::string> OptionsOf(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* at = &command; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : at->get_options()) {
      names.insert(names.end(), option->get_lnames().begin(), option->get_lnames().end());
    }
  }
  return names;
}

std::string UnknownOption(const CLI::App& command, absl::string_view word) {
  word = word.substr(0, word.find('='));
  const absl::string_view bare = absl::StripPrefix(word, "--");
  const auto meant = bare.size() == word.size() ? std::nullopt : Nearest(bare, OptionsOf(command));
  if (meant == bare) return absl::StrCat("选项 ", word, " 应写在 ", PathTo(command), " 之后");
  return absl::StrCat("不认识的选项 ", word, meant ? absl::StrCat("，是否指 --", *meant) : "");
}

std::string UnknownCommand(const CLI::App& command, absl::string_view word) {
  std::vector<std::string> names;
  for (const CLI::App* one : command.get_subcommands(nullptr)) names.push_back(one->get_name());
  const auto meant = Nearest(word, names);
  return absl::StrCat("不认识的命令 ", word, meant ? absl::StrCat("，是否指 ", *meant) : "");
}

std::string Missing(const CLI::App& command, const std::string& name) {
  const CLI::Option* option = command.get_option_no_throw(name);
  return absl::StrCat("缺少参数 ", name, option == nullptr ? "" : absl::StrCat("（", option->get_description(), "）"));
}

// CLI11 writes "NAME: what is wrong"; validators of ours have written the second half in Chinese.
std::string Explain(const CLI::ParseError& error) {
  const std::string kind = error.get_name();
  const std::string what = error.what();
  const std::string name = what.substr(0, what.find(": "));
  const std::string rest = name.size() == what.size() ? "" : what.substr(name.size() + 2);
  if (kind == "ValidationError") return absl::StrCat("参数的值有误：", name, " ", rest);
  if (kind == "ConversionError") return absl::StrCat("参数的值有误：", rest);
  if (kind == "ArgumentMismatch") {
    if (absl::EndsWith(rest, " missing")) return absl::StrCat("选项 ", name, " 之后应给出值");
    if (absl::StartsWith(rest, "At Most")) return absl::StrCat("选项 ", name, " 只能给出一次");
  }
  return absl::StrCat("用法有误：", what);
}

std::string Sentence(const CLI::App& app, const CLI::App& command, const CLI::ParseError& error) {
  std::vector<std::string> unknown = app.remaining(true);
  unknown.erase(std::remove(unknown.begin(), unknown.end(), "--"), unknown.end());
  // The value of an unknown option has been taken for something else, so whatever else is wrong follows from it.
  const auto option =
      std::find_if(unknown.begin(), unknown.end(), [](const std::string& word) { return absl::StartsWith(word, "-"); });
  if (option != unknown.end()) return UnknownOption(command, *option);
  const std::string extra = absl::StrJoin(unknown, " ");
  if (error.get_name() == "RequiredError") {
    const std::string name(absl::StripSuffix(error.what(), " is required"));
    if (name != "A subcommand") {
      return absl::StrCat(Missing(command, name), extra.empty() ? "" : absl::StrCat("；多余的参数 ", extra));
    }
    return unknown.empty() ? "应给出一个命令" : UnknownCommand(command, unknown.front());
  }
  // This kind of error bears the program's name.
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) return absl::StrCat("多余的参数 ", extra);
  return Explain(error);
}

}  // namespace

std::string UsageText(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = Chosen(app);
  return absl::StrCat(Sentence(app, command, error), "（", PathTo(command), " --help 看用法）");
}

}  // namespace edudelta::gateway::cli
