#include "common/base/memory.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "absl/time/time.h"

namespace edudelta {
namespace {

// Parts of the heap, each with its lock and its own free memory. glibc would make eight for each core.
constexpr int kArenas = 8;
// What each may keep at its end. Larger pieces are the system's own at once. Both would else grow with what was freed,
// up to 64 MiB, of which malloc_trim gives back nothing.
constexpr int kLargest = 1 << 20;

constexpr absl::Duration kPause = absl::Seconds(5);
// What is worth a walk through all that is free, and that pages are asked for anew.
constexpr std::size_t kWorth = std::size_t{4} << 20;

// What the process has of its own, files not counted.
std::size_t Resident() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  std::size_t size = 0;
  std::size_t resident = 0;
  std::size_t shared = 0;
  const bool read = std::fscanf(file, "%zu %zu %zu", &size, &resident, &shared) == 3;
  std::fclose(file);
  return read && resident > shared ? (resident - shared) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) : 0;
}

std::size_t Unused() {
  const struct mallinfo2 info = mallinfo2();
  const std::size_t used = info.uordblks + info.hblkhd;
  const std::size_t resident = Resident();
  return resident > used ? resident - used : 0;
}

}  // namespace

void BoundFreeMemory() {
  mallopt(M_ARENA_MAX, kArenas);
  mallopt(M_MMAP_THRESHOLD, kLargest);
  mallopt(M_TRIM_THRESHOLD, kLargest);
}

bool FreeMemory::GiveBack() {
  const std::size_t unused = Unused();
  if (unused < rest_ + kWorth) {
    rest_ = std::min(rest_, unused);
    return false;
  }
  malloc_trim(0);
  rest_ = Unused();
  return true;
}

MemoryKeeper::MemoryKeeper() : thread_([this] { Run(); }) {}

MemoryKeeper::~MemoryKeeper() {
  stop_.Notify();
  thread_.join();
}

void MemoryKeeper::Run() {
  FreeMemory free;
  while (!stop_.WaitForNotificationWithTimeout(kPause)) free.GiveBack();
}

}  // namespace edudelta
