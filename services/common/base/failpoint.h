#pragma once

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace edudelta {

// Places at which a fault test lets the process end as if by kill -9. Without settings a pass costs a map lookup in an
// empty map. Thread-safe.
class Failpoints {
 public:
  // False in a build without tests, in which passing a point does nothing.
  static bool BuiltIn();

  Failpoints() = default;
  // "after_commit=7": the seventh pass of this point is the last thing the process does. Malformed settings are
  // ignored.
  explicit Failpoints(const std::vector<std::string>& settings);

  void Pass(absl::string_view point);

 private:
  std::map<std::string, std::atomic<int>, std::less<>> remaining_;
};

}  // namespace edudelta
