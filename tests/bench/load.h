#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/time/time.h"

namespace edudelta::bench {

struct LoadResult {
  int64_t errors = 0;
  double seconds = 0;
  // One per call that ended, failed ones included, in no order.
  std::vector<double> micros;
};

// Begins one call; `done` is called once, from any thread, when it has ended.
using Begin = std::function<void(std::function<void(bool ok)> done)>;

// `outstanding` calls at a time, each followed by the next at once.
LoadResult ClosedLoop(const Begin& begin, int outstanding, absl::Duration duration);

// `rate` calls a second whatever the answers do. A latency counts from the instant at which the call was meant to
// begin, so that a stall of the server is seen in every call that it delays.
LoadResult OpenLoop(const Begin& begin, double rate, absl::Duration duration);

}  // namespace edudelta::bench
