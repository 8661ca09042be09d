#include "common/rpc/worker_pool.h"

#include <utility>

#include "prometheus/counter.h"
#include "prometheus/gauge.h"

namespace edudelta::rpc {

WorkerPool::WorkerPool(int workers, int queue, prometheus::Gauge& length, prometheus::Counter& rejected)
    : limit_(static_cast<std::size_t>(queue)), length_(length), rejected_(rejected) {
  for (int i = 0; i < workers; ++i) threads_.emplace_back([this] { Run(); });
}

WorkerPool::~WorkerPool() { Close(); }

WorkerPool::Answer WorkerPool::Submit(std::function<void()> work) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return Answer::kClosed;
    if (queue_.size() >= limit_) {
      rejected_.Increment();
      return Answer::kFull;
    }
    queue_.push_back(std::move(work));
    length_.Set(static_cast<double>(queue_.size()));
  }
  changed_.notify_one();
  return Answer::kAccepted;
}

void WorkerPool::Close() {
  std::vector<std::thread> threads;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    threads.swap(threads_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

void WorkerPool::Run() {
  for (;;) {
    std::function<void()> work;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [this] { return closed_ || !queue_.empty(); });
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
      length_.Set(static_cast<double>(queue_.size()));
    }
    work();
  }
}

}  // namespace edudelta::rpc
