#include "common/rpc/worker_pool.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/time/clock.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"

namespace edudelta::rpc {
namespace {

int ShareOf(WorkerPool::Share share, int all) { return share == WorkerPool::Share::kAll ? all : std::max(1, all / 2); }

}  // namespace

PoolSeries::PoolSeries(metrics::Registry& registry, const std::string& pool, prometheus::Gauge& length,
                       prometheus::Counter& rejected)
    : workers(registry.Gauge("edudelta_workers", "Workers that there are.", {{"pool", pool}})),
      busy(registry.Gauge("edudelta_workers_busy", "Workers that are at work.", {{"pool", pool}})),
      wait(registry.Seconds("edudelta_queue_wait_seconds", "Waiting for a worker.", {{"pool", pool}})),
      length(length),
      rejected(rejected) {}

WorkerPool::WorkerPool(int workers, int queue, Share share, const PoolSeries& series)
    : limit_(static_cast<std::size_t>(queue)),
      most_waiting_(static_cast<std::size_t>(ShareOf(share, queue))),
      most_running_(ShareOf(share, workers)),
      series_(series) {
  series_.workers.Set(workers);
  for (int i = 0; i < workers; ++i) {
    Worker& worker = workers_.emplace_back();
    worker.thread = std::thread([this, &worker] { Run(worker); });
  }
}

WorkerPool::~WorkerPool() { Close(); }

WorkerPool::Answer WorkerPool::Submit(absl::string_view owner, std::function<void()> work) {
  Worker* woken = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    if (closed_) return Answer::kClosed;
    const auto known = lines_.find(owner);
    const bool has_its_share = !owner.empty() && known != lines_.end() && known->second.waiting.size() >= most_waiting_;
    if (waiting_ >= limit_ || has_its_share) {
      series_.rejected.Increment();
      return Answer::kFull;
    }
    Line& line = known != lines_.end() ? known->second : lines_[owner];
    if (known == lines_.end()) line.owner = std::string(owner);
    if (line.waiting.empty()) turns_.push_back(&line);
    line.waiting.push_back({std::move(work), absl::Now()});
    series_.length.Set(static_cast<double>(++waiting_));
    woken = Call();
  }
  if (woken != nullptr) woken->wake.Signal();
  return Answer::kAccepted;
}

std::list<WorkerPool::Line*>::iterator WorkerPool::Next() {
  // There are no more lines at their share than workers.
  return absl::c_find_if(turns_, [this](const Line* line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return line->running < most_running_ || line->owner.empty() || closed_;
  });
}

std::function<void()> WorkerPool::Take(std::list<Line*>::iterator next) {
  Line& line = **next;
  Work work = std::move(line.waiting.front());
  line.waiting.pop_front();
  ++line.running;
  series_.busy.Increment();
  series_.length.Set(static_cast<double>(--waiting_));
  series_.wait.Observe(absl::ToDoubleSeconds(absl::Now() - work.since));
  if (line.waiting.empty()) {
    turns_.erase(next);
  } else {
    turns_.splice(turns_.end(), turns_, next);
  }
  return std::move(work.run);
}

void WorkerPool::End(Line* line) {
  --line->running;
  series_.busy.Decrement();
  if (line->running == 0 && line->waiting.empty()) lines_.erase(std::string(line->owner));
}

WorkerPool::Worker* WorkerPool::Call() {
  if (waking_ || resting_.empty() || Next() == turns_.end()) return nullptr;
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
  Line* line = nullptr;
  for (;;) {
    std::function<void()> work;
    Worker* woken = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      if (line != nullptr) End(line);
      while (Next() == turns_.end() && !closed_) {
        resting_.push_back(&self);
        while (!self.called) self.wake.Wait(&mutex_);
        self.called = false;
        waking_ = false;
      }
      const auto next = Next();
      if (next == turns_.end()) return;
      line = *next;
      work = Take(next);
      woken = Call();
    }
    if (woken != nullptr) woken->wake.Signal();
    work();
  }
}

}  // namespace edudelta::rpc
