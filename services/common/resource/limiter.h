#pragma once

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace edudelta::resource {

// A token bucket per principal, for methods by which personal data could be enumerated. Thread-safe.
class Limiter {
 public:
  // `burst` at once, refilled over `period`.
  Limiter(int burst, absl::Duration period) : burst_(burst), period_(period) {}
  // Takes all of them or none.
  bool Take(absl::string_view principal, absl::Time now, int tokens = 1);

 private:
  struct Bucket {
    double tokens;
    absl::Time time;
  };
  const double burst_;
  const absl::Duration period_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Bucket> buckets_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace edudelta::resource
