#include "common/codes/code_sets.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/base/text.h"

namespace edudelta::codes {

// Generated from code_sets.csv.
absl::string_view CodeSetsText();

namespace {

// Change it with every change of code_sets.csv.
constexpr char kVersion[] = "2026.11.2";

absl::Status Malformed(int line) {
  return Error(absl::StatusCode::kInvalidArgument, "CODE_SETS_MALFORMED", "代码表文件有错误",
               {{"line", absl::StrCat(line)}});
}

}  // namespace

CodeSets CodeSets::Embedded() {
  absl::StatusOr<CodeSets> sets = Parse(CodeSetsText(), kVersion);
  if (!sets.ok()) std::abort();
  return *std::move(sets);
}

absl::StatusOr<CodeSets> CodeSets::Parse(absl::string_view csv, absl::string_view version) {
  CodeSets result;
  result.version_ = std::string(version);
  int number = 0;
  for (absl::string_view line : absl::StrSplit(csv, '\n')) {
    ++number;
    line = absl::StripSuffix(line, "\r");
    if (number == 1 && line != "set,code,label") return Malformed(number);
    if (number == 1 || line.empty()) continue;
    const std::vector<std::string> parts = absl::StrSplit(line, ',');
    if (parts.size() != 3 || parts[0].empty() || parts[1].empty() || parts[2].empty()) return Malformed(number);
    auto [at, added] = result.index_.try_emplace(parts[0], Index{result.sets_.size(), {}});
    if (added) result.sets_.push_back({parts[0], {}});
    if (at->second.set + 1 != result.sets_.size()) return Malformed(number);
    std::vector<Code>& codes = result.sets_.back().codes;
    if (!at->second.codes.try_emplace(parts[1], codes.size()).second) return Malformed(number);
    codes.push_back({parts[1], parts[2]});
  }
  return result;
}

const CodeSet* CodeSets::Find(absl::string_view set) const {
  const auto at = index_.find(set);
  return at == index_.end() ? nullptr : &sets_[at->second.set];
}

const Code* CodeSets::FindCode(absl::string_view set, absl::string_view code) const {
  const auto at = index_.find(set);
  if (at == index_.end()) return nullptr;
  const auto position = at->second.codes.find(code);
  return position == at->second.codes.end() ? nullptr : &sets_[at->second.set].codes[position->second];
}

std::optional<std::string> CodeSets::Label(absl::string_view set, absl::string_view code) const {
  const Code* found = FindCode(set, code);
  return found == nullptr ? std::nullopt : std::optional<std::string>(found->label);
}

bool CodeSets::Contains(absl::string_view set, absl::string_view code) const { return FindCode(set, code) != nullptr; }

std::vector<std::string> Meant(const std::vector<Code>& codes, absl::string_view written) {
  const std::string text = HalfWidth(written);
  for (const Code& code : codes) {
    absl::string_view label = text;
    if (code.code == text || HalfWidth(code.label) == text) return {code.code};
    if (absl::ConsumePrefix(&label, code.code) && StripBlanks(label) != label &&
        StripBlanks(label) == HalfWidth(code.label)) {
      return {code.code};
    }
  }
  const size_t point = text.find('.');
  const absl::string_view number = absl::string_view(text).substr(0, point);
  const auto only = [](absl::string_view some, absl::string_view signs) {
    return !some.empty() && some.find_first_not_of(signs) == absl::string_view::npos;
  };
  if (!only(number, "0123456789") || (point != std::string::npos && !only(text.substr(point + 1), "0"))) return {};
  std::vector<std::string> fit;
  for (const Code& code : codes) {
    absl::string_view lost = code.code;
    if (absl::ConsumeSuffix(&lost, number) && lost.find_first_not_of('0') == absl::string_view::npos) {
      fit.push_back(code.code);
    }
  }
  return fit;
}

std::string ListOf(const std::vector<Code>& codes) {
  constexpr size_t kMost = 12;
  std::string list;
  for (size_t i = 0; i < std::min(codes.size(), kMost); ++i) {
    absl::StrAppend(&list, i == 0 ? "" : "、", codes[i].code, " ", codes[i].label);
  }
  return codes.size() > kMost ? absl::StrCat(list, "等 ", codes.size(), " 个") : list;
}

}  // namespace edudelta::codes
