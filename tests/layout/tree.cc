#include "tests/layout/tree.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace edudelta::layout {
namespace {

bool LeftBehind(const std::string& name) {
  return absl::StartsWith(name, "build") || name == ".git" || name == ".run" || name == "node_modules" ||
         name == "__pycache__";
}

std::vector<Include> IncludesOf(const std::vector<std::string>& lines) {
  std::vector<Include> includes;
  for (size_t i = 0; i < lines.size(); ++i) {
    absl::string_view line = lines[i];
    if (!absl::ConsumePrefix(&line, "#include ") || line.size() < 3) continue;
    const size_t end = line.find_first_of("\">", 1);
    if (end == absl::string_view::npos) continue;
    includes.push_back({static_cast<int>(i) + 1, std::string(line.substr(1, end - 1))});
  }
  return includes;
}

File Read(const std::filesystem::path& root, const std::filesystem::path& path) {
  std::ifstream stream(path);
  if (!stream) throw std::runtime_error("cannot read " + path.string());
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  File file;
  file.path = std::filesystem::relative(path, root).string();
  file.folder = std::filesystem::path(file.path).parent_path().string();
  file.name = path.filename().string();
  file.lines = absl::StrSplit(absl::StripSuffix(text, "\n"), '\n');
  if (file.IsCpp()) file.includes = IncludesOf(file.lines);
  return file;
}

}  // namespace

bool File::EndsWith(absl::string_view suffix) const { return absl::EndsWith(name, suffix); }

bool File::IsTest() const {
  return EndsWith("_test.cc") || EndsWith("_cost.cc") || EndsWith("_load.cc") || name == "load.cc" ||
         EndsWith("_bench.cc") || absl::StartsWith(name, "test_") || name == "testing.h" || name == "testing.cc" ||
         name == "sample_fits.cc" || absl::StartsWith(path, "tests/") ||
         absl::StartsWith(path, "services/common/testing/");
}

std::vector<File> ReadTree(const std::string& root) {
  std::vector<File> files;
  for (std::filesystem::recursive_directory_iterator it(root), end; it != end; ++it) {
    if (LeftBehind(it->path().filename())) {
      it.disable_recursion_pending();
    } else if (it->is_regular_file()) {
      files.push_back(Read(root, it->path()));
    }
  }
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.path < b.path; });
  return files;
}

std::vector<std::string> TopLevelNames(const std::string& root) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    const std::string name = entry.path().filename();
    if (!LeftBehind(name)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace edudelta::layout
