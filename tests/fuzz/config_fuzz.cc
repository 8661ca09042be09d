// The environment of a service, one NAME=value a line: what starts has values in range, and --check-config's table set
// again gives the same.
#include <algorithm>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/config/config.h"
#include "tests/fuzz/target.h"

namespace edudelta::fuzz {
namespace {

using Environment = std::map<std::string, std::string>;

Environment ReadLines(absl::string_view text) {
  Environment environment;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    const size_t equals = line.find('=');
    // No file of this machine is any of the test's business.
    if (equals == absl::string_view::npos || absl::EndsWith(line.substr(0, equals), "_FILE")) continue;
    environment.emplace(std::string(line.substr(0, equals)), std::string(line.substr(equals + 1)));
  }
  return environment;
}

// Name, two blanks or more, "set" or "default", two blanks or more, value.
Environment ReadTable(absl::string_view table) {
  Environment environment;
  for (absl::string_view line : absl::StrSplit(table, '\n', absl::SkipEmpty())) {
    const std::string name(line.substr(0, line.find(' ')));
    line = absl::StripLeadingAsciiWhitespace(line.substr(std::min(line.size(), name.size())));
    const bool set = absl::StartsWith(line, "set ");
    if (set) environment[name] = std::string(line.substr(std::min<size_t>(line.size(), 9)));
  }
  return environment;
}

}  // namespace

bool Try(absl::string_view input) {
  const Environment environment = ReadLines(input);
  config::Reader reader(environment);
  config::Common config;
  config::ReadCommon(reader, &config);
  const absl::Status status = reader.Finish();
  const std::string table = reader.Table();
  if (!status.ok()) {
    Must(status.code() == absl::StatusCode::kInvalidArgument && absl::StrContains(status.message(), "\n  "),
         "a refusal lists the problems", status.ToString());
    return false;
  }
  Must(!config.listen_unix.empty() || !config.listen_address.empty(), "somewhere to listen", table);
  Must(config.connections >= 1 && config.connections <= 64 && config.workers >= 1 && config.workers <= 64 &&
           config.queue >= 1 && config.stream_workers >= 1,
       "numbers are in range", table);
  Must(config.default_deadline >= absl::ZeroDuration() && config.drain_limit >= absl::ZeroDuration(),
       "times are not negative", table);
  for (const auto& [name, value] : environment) {
    if (absl::StartsWith(name, "EDUDELTA_"))
      Must(absl::StrContains(table, name), "no name of ours is passed over", name);
  }
  const bool plain = input.find_first_of("\r\t") == absl::string_view::npos;
  config::Reader second(ReadTable(table));
  config::Common again;
  config::ReadCommon(second, &again);
  if (plain) Must(second.Finish().ok() && second.Table() == table, "its table says all of it", table);
  return true;
}

}  // namespace edudelta::fuzz
