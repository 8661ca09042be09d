#include "common/config/reader.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/failpoint.h"

namespace edudelta::config {
namespace {

constexpr absl::string_view kPrefix = "EDUDELTA_";

size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row[b.size()];
}

std::string Nearest(absl::string_view name, const std::set<std::string>& known) {
  std::string best;
  size_t distance = std::numeric_limits<size_t>::max();
  for (const std::string& candidate : known) {
    const size_t d = EditDistance(name, candidate);
    if (d < distance) std::tie(distance, best) = std::make_pair(d, candidate);
  }
  return best;
}

std::map<std::string, std::string> Ours(const char* const* environment) {
  std::map<std::string, std::string> ours;
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const absl::string_view entry(*environment);
    if (!absl::StartsWith(entry, kPrefix)) continue;
    const size_t equals = entry.find('=');
    if (equals == absl::string_view::npos) continue;
    ours.emplace(std::string(entry.substr(0, equals)), std::string(entry.substr(equals + 1)));
  }
  return ours;
}

}  // namespace

Reader::Reader(const char* const* environment) : environment_(Ours(environment)) {}
Reader::Reader(std::map<std::string, std::string> environment) : environment_(std::move(environment)) {}

const std::string* Reader::Find(absl::string_view name, Need need) {
  known_.emplace(name);
  auto found = environment_.find(std::string(name));
  // Compose files and Helm charts write NAME= for "not set".
  if (found != environment_.end() && !found->second.empty()) return &found->second;
  if (need == Need::kRequired) Problem(absl::StrCat(name, " is required"));
  return nullptr;
}

void Reader::Show(absl::string_view name, std::string value, bool set) {
  rows_.push_back({std::string(name), std::move(value), set});
}

void Reader::Problem(std::string text) { problems_.push_back(std::move(text)); }

void Reader::String(absl::string_view name, std::string* value, Need need) {
  const std::string* found = Find(name, need);
  if (found != nullptr) *value = *found;
  Show(name, *value, found != nullptr);
}

void Reader::Choice(absl::string_view name, std::string* value, const std::vector<std::string>& choices) {
  String(name, value);
  if (std::find(choices.begin(), choices.end(), *value) == choices.end()) {
    Problem(absl::StrCat(name, "=", *value, " is none of ", absl::StrJoin(choices, ", ")));
  }
}

void Reader::Int(absl::string_view name, int* value, int least, int most) {
  const std::string* found = Find(name, Need::kOptional);
  int number = 0;
  if (found != nullptr && !absl::SimpleAtoi(*found, &number)) {
    Problem(absl::StrCat(name, "=", *found, " is not a whole number"));
  } else if (found != nullptr && (number < least || number > most)) {
    Problem(absl::StrCat(name, "=", *found, " is outside ", least, " to ", most));
  } else if (found != nullptr) {
    *value = number;
  }
  Show(name, absl::StrCat(*value), found != nullptr);
}

void Reader::Bool(absl::string_view name, bool* value) {
  const std::string* found = Find(name, Need::kOptional);
  if (found != nullptr) {
    if (*found != "true" && *found != "false") Problem(absl::StrCat(name, "=", *found, " is neither true nor false"));
    *value = *found == "true";
  }
  Show(name, *value ? "true" : "false", found != nullptr);
}

void Reader::Duration(absl::string_view name, absl::Duration* value) {
  const std::string* found = Find(name, Need::kOptional);
  if (found != nullptr) {
    absl::Duration parsed;
    if (absl::ParseDuration(*found, &parsed) && parsed >= absl::ZeroDuration()) {
      *value = parsed;
    } else {
      Problem(absl::StrCat(name, "=", *found, " is not a duration such as 250ms or 30s"));
    }
  }
  Show(name, absl::FormatDuration(*value), found != nullptr);
}

void Reader::LogCalls(absl::string_view name, int* one_in) {
  const std::string* found = Find(name, Need::kOptional);
  absl::string_view text = found == nullptr ? absl::string_view() : *found;
  if (text == "all" || text == "failures") {
    *one_in = text == "all" ? 1 : 0;
  } else if (found != nullptr) {
    int number = 0;
    if (absl::ConsumePrefix(&text, "sampled:") && absl::SimpleAtoi(text, &number) && number >= 1) {
      *one_in = number;
    } else {
      Problem(absl::StrCat(name, "=", *found, " is none of all, sampled:N, failures"));
    }
  }
  Show(name, *one_in == 1 ? "all" : *one_in == 0 ? "failures" : absl::StrCat("sampled:", *one_in), found != nullptr);
}

void Reader::List(absl::string_view name, std::vector<std::string>* value) {
  const std::string* found = Find(name, Need::kOptional);
  if (found != nullptr) {
    value->clear();
    for (absl::string_view item : absl::StrSplit(*found, ',', absl::SkipWhitespace())) {
      value->emplace_back(absl::StripAsciiWhitespace(item));
    }
  }
  Show(name, absl::StrJoin(*value, ","), found != nullptr);
}

void Reader::File(absl::string_view name, std::string* path, Need need) {
  String(name, path, need);
  if (!path->empty() && access(path->c_str(), R_OK) != 0) Problem(absl::StrCat(name, ": cannot read ", *path));
}

void Reader::SecretFile(absl::string_view name, std::string* value, Need need) {
  const std::string* path = Find(name, need);
  Show(name, path == nullptr ? "" : absl::StrCat(*path, " (content hidden)"), path != nullptr);
  if (path == nullptr) return;
  struct stat info {};
  std::ifstream file(*path, std::ios::binary);
  if (stat(path->c_str(), &info) != 0 || !S_ISREG(info.st_mode) || !file) {
    Problem(absl::StrCat(name, ": cannot read ", *path));
    return;
  }
  if ((info.st_mode & S_IRWXO) != 0) Problem(absl::StrCat(name, ": ", *path, " is open to every user; chmod o= it"));
  std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  while (!content.empty() && (content.back() == '\n' || content.back() == '\r')) content.pop_back();
  if (content.empty()) Problem(absl::StrCat(name, ": ", *path, " is empty"));
  *value = std::move(content);
}

absl::Status Reader::Finish() const {
  std::vector<std::string> problems = problems_;
  for (const auto& [name, value] : environment_) {
    if (!absl::StartsWith(name, kPrefix) || known_.count(name) > 0) continue;
    // No setting: base/error.h reads it, in a build with tests.
    if (Failpoints::BuiltIn() && name == "EDUDELTA_REASONS_FILE") continue;
    const std::string nearest = Nearest(name, known_);
    problems.push_back(absl::StrCat(name, " is not known", nearest.empty() ? "" : "; did you mean ", nearest, "?"));
  }
  if (problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("configuration:\n  ", absl::StrJoin(problems, "\n  ")));
}

std::string Reader::Table() const {
  size_t width = 0;
  for (const Row& row : rows_) width = std::max(width, row.name.size());
  std::string table;
  for (const Row& row : rows_) {
    absl::StrAppendFormat(&table, "%-*s  %-7s  %s\n", static_cast<int>(width), row.name, row.set ? "set" : "default",
                          row.value);
  }
  return table;
}

}  // namespace edudelta::config
