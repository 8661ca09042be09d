#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// The repository's files as text.
namespace edudelta::layout {

struct Include {
  int line = 0;
  // As written between the quotes or brackets.
  std::string path;
};

struct File {
  // From the repository's root, e.g. "services/common/db/pool.h".
  std::string path;
  std::string folder;
  std::string name;
  std::vector<std::string> lines;
  std::vector<Include> includes;

  bool EndsWith(absl::string_view suffix) const;
  bool IsHeader() const { return EndsWith(".h"); }
  bool IsCpp() const { return EndsWith(".h") || EndsWith(".cc"); }
  // A test, a program that measures, or a header that only these include.
  bool IsTest() const;
};

// Every text file but those that builds and runs leave behind. Throws std::runtime_error when the root cannot be read.
std::vector<File> ReadTree(const std::string& root);

// Names directly in the root, those left behind by builds and runs excepted.
std::vector<std::string> TopLevelNames(const std::string& root);

}  // namespace edudelta::layout
