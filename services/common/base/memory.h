#pragma once

#include <cstddef>
#include <thread>

#include "absl/synchronization/notification.h"

namespace edudelta {

// Before a process has threads: bounds what glibc keeps of memory that was freed, however many cores there are. See
// README.md.
void BoundFreeMemory();

// Gives back to the system what the process has freed. Not thread-safe.
class FreeMemory {
 public:
  // Looks whether much was freed since it last did so, and gives it back. Says whether it did.
  bool GiveBack();

 private:
  // What the process had beyond what it used, after that. Never given back: gaps between pieces in use, stacks, data.
  std::size_t rest_ = 0;
};

// Does so every few seconds, on a thread of its own, as long as it lives. Every process that serves has one.
class MemoryKeeper {
 public:
  MemoryKeeper();
  ~MemoryKeeper();

 private:
  void Run();

  absl::Notification stop_;
  std::thread thread_;
};

}  // namespace edudelta
