#pragma once

#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace edudelta::db {

// Ends what outlives its deadline, with one thread. Thread-safe. A watched connection whose `killed` is set runs no
// further statement and must be discarded, because a KILL may still be on its way to it.
class Watchdog {
 public:
  enum class Kill { kQuery, kConnection };

  // One connection in use. Its fields belong to the watchdog.
  struct Watch {
    int64_t connection_id = 0;
    absl::Time deadline = absl::InfiniteFuture();
    bool running = false;
    bool killed = false;
  };

  // `kill` is called on the watchdog's thread; false means that it did not reach the server.
  explicit Watchdog(std::function<bool(int64_t connection_id, Kill what)> kill);
  ~Watchdog();

  void Add(Watch* watch);
  void Remove(Watch* watch);

  // A statement starts. False when the connection is killed already: then it must not start.
  bool Start(Watch* watch, absl::Time deadline);
  // A statement ended; until the next one the connection may idle until `deadline` (in a transaction). True when the
  // connection is killed.
  bool Finish(Watch* watch, absl::Time deadline);

 private:
  void Run();
  void KillExpired() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Expect(absl::Time deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::function<bool(int64_t, Kill)> kill_;
  absl::Mutex mutex_;
  absl::CondVar changed_;
  std::vector<Watch*> watches_ ABSL_GUARDED_BY(mutex_);
  absl::Time wakes_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace edudelta::db
