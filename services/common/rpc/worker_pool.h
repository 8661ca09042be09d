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

// A fixed number of threads behind a bounded queue. Work must not throw. Thread-safe.
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
  void Run();

  const std::size_t limit_;
  prometheus::Gauge& length_;
  prometheus::Counter& rejected_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace edudelta::rpc
