#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace prometheus {
class Counter;
class Gauge;
}  // namespace prometheus

namespace edudelta::rpc {

// A fixed number of threads behind a bounded queue. Work must not throw. Thread-safe. The worker that rested last is
// woken first (its memory is warm), one at a time: it wakes the next when there is more to do. Waking one for each
// piece of work would cost a burst of calls more than the work.
class WorkerPool {
 public:
  enum class Answer { kAccepted, kFull, kClosed };

  // `length` follows the queue, `rejected` counts refusals because it was full.
  WorkerPool(int workers, int queue, prometheus::Gauge& length, prometheus::Counter& rejected);
  // Closes.
  ~WorkerPool();

  // Never waits.
  Answer Submit(std::function<void()> work);

  // Accepts no more, finishes what was accepted, ends the threads. Not from within work.
  void Close();

 private:
  struct Worker {
    absl::CondVar wake;
    // Guarded by the pool's mutex, which a struct inside the pool cannot name.
    bool called = false;
    std::thread thread;
  };

  void Run(Worker& self);
  // Takes a resting worker to be woken, unless one is on its way already.
  Worker* Call() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::size_t limit_;
  prometheus::Gauge& length_;
  prometheus::Counter& rejected_;
  absl::Mutex mutex_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool waking_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Worker*> resting_ ABSL_GUARDED_BY(mutex_);
  std::deque<Worker> workers_;
};

}  // namespace edudelta::rpc
