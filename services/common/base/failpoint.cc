#include "common/base/failpoint.h"

#include <csignal>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace edudelta {

Failpoints::Failpoints(const std::vector<std::string>& settings) {
  for (const std::string& setting : settings) {
    const std::vector<std::string> parts = absl::StrSplit(setting, '=');
    int passes = 0;
    if (parts.size() == 2 && absl::SimpleAtoi(parts[1], &passes)) remaining_[parts[0]] = passes;
  }
}

bool Failpoints::BuiltIn() {
#ifdef EDUDELTA_FAILPOINTS
  return true;
#else
  return false;
#endif
}

void Failpoints::Pass(absl::string_view point) {
  if (!BuiltIn() || remaining_.empty()) return;
  const auto it = remaining_.find(std::string(point));
  if (it != remaining_.end() && it->second.fetch_sub(1) == 1) std::raise(SIGKILL);
}

}  // namespace edudelta
