#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/log/log.h"

namespace edudelta::gateway::http {

// Tells of what the edge itself refuses, malformed requests among it: a line for the first of each reason, then one in
// ten seconds at most, with how many there were since the last. Nothing of what was sent. Thread-safe.
class RefusalLog {
 public:
  // `logger` may be null; it outlives this.
  explicit RefusalLog(const log::Logger* logger) : logger_(logger) {}

  // `reason` is a constant of the code.
  void Note(absl::string_view reason, absl::Time now);
  // Tells of those that no line has told of yet, where that may be done by now. For every ten seconds.
  void Tick(absl::Time now);
  // All of them, at the end.
  void Flush() { Tick(absl::InfiniteFuture()); }

 private:
  void Tell(absl::string_view reason, std::int64_t count);

  struct Told {
    absl::Time last = absl::InfinitePast();
    std::int64_t since = 0;
  };

  const log::Logger* const logger_;
  absl::Mutex mutex_;
  std::map<std::string, Told, std::less<>> told_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace edudelta::gateway::http
