#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace edudelta::codes {

struct Code {
  std::string code;
  std::string label;
};

struct CodeSet {
  std::string name;
  // In the order of the standard's table.
  std::vector<Code> codes;
};

// The codes that a person, or a spreadsheet, may have meant by a text without blanks around it: a code, its label, both
// with a blank between ("211 小学"), or what spreadsheets make of codes: 211.0, and 1 where zeros stood before it. One
// where it is clear, none for other texts.
std::vector<std::string> Meant(const std::vector<Code>& codes, absl::string_view written);
// For error texts: "211 小学、312 九年一贯制学校", of many the first ones and how many there are.
std::string ListOf(const std::vector<Code>& codes);

// Every code table the suite knows, from code_sets.csv (its version and sources: README.md of this folder). main builds
// it once and hands it down; it never changes afterwards and may be read by any number of threads.
class CodeSets {
 public:
  // The copy inside the binary. A defect of that copy ends the process: no service can run without its codes.
  static CodeSets Embedded();
  // INVALID_ARGUMENT (CODE_SETS_MALFORMED, metadata line) on a line that is not `set,code,label`, on a code given twice
  // and on a set whose lines are not together.
  static absl::StatusOr<CodeSets> Parse(absl::string_view csv, absl::string_view version);

  // A date and a count within it, "2026.11.1"; stored with results that depend on codes.
  const std::string& version() const { return version_; }
  const std::vector<CodeSet>& All() const { return sets_; }

  // Null when there is no such set.
  const CodeSet* Find(absl::string_view set) const;
  // Nothing when the set or the code is unknown.
  std::optional<std::string> Label(absl::string_view set, absl::string_view code) const;
  bool Contains(absl::string_view set, absl::string_view code) const;

 private:
  struct Index {
    size_t set;
    absl::flat_hash_map<std::string, size_t> codes;
  };

  const Code* FindCode(absl::string_view set, absl::string_view code) const;

  std::string version_;
  std::vector<CodeSet> sets_;
  absl::flat_hash_map<std::string, Index> index_;
};

}  // namespace edudelta::codes
