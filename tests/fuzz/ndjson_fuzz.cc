// NDJSON imports. Input: the file.
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "edudelta/sample/v1/sample.pb.h"
#include "tests/fuzz/imports.h"
#include "tests/fuzz/target.h"

namespace edudelta::fuzz {

bool Try(absl::string_view input) {
  static const auto& json = *new gateway::codec::JsonCodec({sample::v1::Room::descriptor()});
  static const auto& rooms =
      *new gateway::codec::Sheet(sample::v1::Room::descriptor(), {}, codes::CodeSets::Embedded());
  bool taken = false;
  for (const char* parent : {"districts/310114/schools/-", "districts/310114/schools/3131000123"}) {
    const auto make = [&] {
      return gateway::codec::MakeNdjsonReader({.sheet = &rooms, .json = &json, .parent = parent, .charset = ""});
    };
    const Import import = Read(make, input, input.size());
    if (import.status.ok()) {
      std::set<int64_t> lines, told = import.good;
      told.insert(import.bad.begin(), import.bad.end());
      int64_t number = 0;
      for (absl::string_view line : absl::StrSplit(absl::StripPrefix(input, "\xEF\xBB\xBF"), '\n')) {
        ++number;
        if (!absl::StripAsciiWhitespace(line).empty()) lines.insert(number);
      }
      Must(told == lines, "each line is told", input);
    }
    MustBeSound(import, make, input);
    MustComeBack(import, make, *gateway::codec::MakeNdjsonWriter(json));
    for (const auto& row : import.rows) {
      const std::string name = static_cast<const sample::v1::Room&>(*row.message).name();
      const absl::string_view known = absl::StripSuffix(parent, "/-");
      Must(absl::StartsWith(name, known), "no row above the parent", name);
    }
    taken |= import.status.ok() && !import.rows.empty();
  }
  return taken;
}

}  // namespace edudelta::fuzz
