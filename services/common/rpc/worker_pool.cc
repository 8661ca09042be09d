#include "common/rpc/worker_pool.h"

#include <utility>

#include "prometheus/counter.h"
#include "prometheus/gauge.h"

namespace edudelta::rpc {

WorkerPool::WorkerPool(int workers, int queue, prometheus::Gauge& length, prometheus::Counter& rejected)
    : limit_(static_cast<std::size_t>(queue)), length_(length), rejected_(rejected) {
  for (int i = 0; i < workers; ++i) {
    Worker& worker = workers_.emplace_back();
    worker.thread = std::thread([this, &worker] { Run(worker); });
  }
}

WorkerPool::~WorkerPool() { Close(); }

WorkerPool::Answer WorkerPool::Submit(std::function<void()> work) {
  Worker* woken = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    if (closed_) return Answer::kClosed;
    if (queue_.size() >= limit_) {
      rejected_.Increment();
      return Answer::kFull;
    }
    queue_.push_back(std::move(work));
    length_.Set(static_cast<double>(queue_.size()));
    woken = Call();
  }
  if (woken != nullptr) woken->wake.Signal();
  return Answer::kAccepted;
}

WorkerPool::Worker* WorkerPool::Call() {
  if (waking_ || resting_.empty()) return nullptr;
  Worker* worker = resting_.back();
  resting_.pop_back();
  worker->called = true;
  waking_ = true;
  return worker;
}

void WorkerPool::Close() {
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    for (Worker& worker : workers_) {
      worker.called = true;
      worker.wake.Signal();
    }
  }
  for (Worker& worker : workers_) {
    if (worker.thread.joinable()) worker.thread.join();
  }
}

void WorkerPool::Run(Worker& self) {
  for (;;) {
    std::function<void()> work;
    Worker* woken = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      while (queue_.empty() && !closed_) {
        resting_.push_back(&self);
        while (!self.called) self.wake.Wait(&mutex_);
        self.called = false;
        waking_ = false;
      }
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
      length_.Set(static_cast<double>(queue_.size()));
      if (!queue_.empty()) woken = Call();
    }
    if (woken != nullptr) woken->wake.Signal();
    work();
  }
}

}  // namespace edudelta::rpc
