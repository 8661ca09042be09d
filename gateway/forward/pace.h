#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace edudelta::gateway::forward {

// How fast a body comes. A client that sends one octet now and then would else keep its place for ever.
class Pace {
 public:
  // Waiting may take `grace` and besides what the bytes take at this rate. What came fast is remembered for a few
  // times the grace, not for all that follows.
  Pace(absl::Duration grace, double bytes_per_second)
      : left_(grace), most_(4 * grace), bytes_per_second_(bytes_per_second) {}

  // So many bytes came after the client had been waited for so long.
  void Came(std::size_t bytes, absl::Duration waited);
  // DEADLINE_EXCEEDED: BODY_TIMEOUT.
  absl::Status Check() const;

 private:
  absl::Duration left_;
  absl::Duration most_;
  double bytes_per_second_;
};

}  // namespace edudelta::gateway::forward
