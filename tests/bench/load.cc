#include "tests/bench/load.h"

#include <atomic>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"

namespace edudelta::bench {
namespace {

// One of the concurrent callers of a closed loop; used by one call at a time.
struct Slot {
  const Begin& begin;
  absl::Time end;
  absl::BlockingCounter& running;
  std::vector<double> micros = {};
  int64_t errors = 0;

  void Next() {
    const absl::Time start = absl::Now();
    if (start >= end) {
      running.DecrementCount();
      return;
    }
    begin([this, start](bool ok) {
      micros.push_back(absl::ToDoubleMicroseconds(absl::Now() - start));
      errors += ok ? 0 : 1;
      Next();
    });
  }
};

}  // namespace

LoadResult ClosedLoop(const Begin& begin, int outstanding, absl::Duration duration) {
  absl::BlockingCounter running(outstanding);
  const absl::Time start = absl::Now();
  std::vector<Slot> slots;
  slots.reserve(outstanding);
  for (int i = 0; i < outstanding; ++i) slots.push_back({begin, start + duration, running});
  for (Slot& slot : slots) slot.Next();
  running.Wait();
  LoadResult result;
  result.seconds = absl::ToDoubleSeconds(absl::Now() - start);
  for (const Slot& slot : slots) {
    result.errors += slot.errors;
    result.micros.insert(result.micros.end(), slot.micros.begin(), slot.micros.end());
  }
  return result;
}

LoadResult OpenLoop(const Begin& begin, double rate, absl::Duration duration) {
  const auto calls = static_cast<int64_t>(rate * absl::ToDoubleSeconds(duration));
  LoadResult result;
  result.micros.resize(calls);
  std::atomic<int64_t> errors{0};
  std::atomic<int64_t> ended{0};
  const absl::Time start = absl::Now();
  for (int64_t i = 0; i < calls; ++i) {
    const absl::Time intended = start + absl::Seconds(i / rate);
    absl::SleepFor(intended - absl::Now());
    begin([&, i, intended](bool ok) {
      result.micros[i] = absl::ToDoubleMicroseconds(absl::Now() - intended);
      if (!ok) ++errors;
      ++ended;
    });
  }
  while (ended < calls) absl::SleepFor(absl::Milliseconds(1));
  result.seconds = absl::ToDoubleSeconds(absl::Now() - start);
  result.errors = errors;
  return result;
}

}  // namespace edudelta::bench
