#pragma once

#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace edudelta::gateway::http {

// A token bucket per client. Keeps at most `clients` buckets: full ones are dropped first, they say nothing.
// Thread-safe.
class RateLimiter {
 public:
  // `per_second` tokens come in, up to `burst`.
  RateLimiter(double per_second, double burst, std::size_t clients = 100000);

  // Takes one token; how long to wait for the next when there is none.
  std::optional<absl::Duration> Take(absl::string_view client, absl::Time now);

 private:
  struct Bucket {
    double tokens;
    absl::Time filled;
  };
  double Level(const Bucket& bucket, absl::Time now) const;
  void DropFull(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const double per_second_;
  const double burst_;
  const std::size_t clients_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Bucket> buckets_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace edudelta::gateway::http
