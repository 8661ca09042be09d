#pragma once

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"

namespace edudelta::rpc {

// How many streams each principal has open, so that none takes all the places. Thread-safe.
class StreamPlaces {
 public:
  explicit StreamPlaces(int most) : most_(most) {}

  // Held while it lives, at most as long as this; null when the principal has as many as it may.
  std::shared_ptr<void> Take(const std::string& principal);

 private:
  void Return(const std::string& principal);

  const int most_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, int> taken_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace edudelta::rpc
