#pragma once

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace edudelta::exchange::api {

// Failed sign-ins per account: after `limit` within a minute further ones are refused unheard until the minute is over.
// One under way counts as failed until Succeeded. Forgets accounts whose minute is over. Thread-safe.
class Attempts {
 public:
  explicit Attempts(int limit) : limit_(limit) {}

  bool Begin(absl::string_view account, absl::Time now);
  void Succeeded(absl::string_view account);

 private:
  struct Count {
    int failures = 0;
    absl::Time since;
  };
  const int limit_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Count> counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace edudelta::exchange::api
