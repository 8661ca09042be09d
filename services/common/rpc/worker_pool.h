#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

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
    std::condition_variable wake;
    bool called = false;
    std::thread thread;
  };

  void Run(Worker& self);
  // Takes a resting worker to be woken, unless one is on its way already. Under the lock.
  Worker* Call();

  const std::size_t limit_;
  prometheus::Gauge& length_;
  prometheus::Counter& rejected_;
  std::mutex mutex_;
  std::deque<std::function<void()>> queue_;
  bool closed_ = false;
  bool waking_ = false;
  std::vector<Worker*> resting_;
  std::deque<Worker> workers_;
};

}  // namespace edudelta::rpc
