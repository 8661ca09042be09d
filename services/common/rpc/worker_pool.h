#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/node_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/metrics/registry.h"

namespace edudelta::rpc {

// What a pool of workers tells of itself: `length` follows the queue, `rejected` counts refusals because it was full.
struct PoolSeries {
  PoolSeries(metrics::Registry& registry, const std::string& pool, prometheus::Gauge& length,
             prometheus::Counter& rejected);

  prometheus::Gauge& workers;
  prometheus::Gauge& busy;
  prometheus::Histogram& wait;
  prometheus::Gauge& length;
  prometheus::Counter& rejected;
};

// A fixed number of threads behind a bounded queue. Work must not throw. Thread-safe. The worker that rested last is
// woken first (its memory is warm), one at a time: it wakes the next when there is more to do. Waking one for each
// piece of work would cost a burst of calls more than the work.
//
// Work has an owner. Those that wait take turns, and none has more than its share: of the workers, also while nobody
// else waits, for one who comes then could not wait for work that takes long; and of the queue.
class WorkerPool {
 public:
  enum class Answer { kAccepted, kFull, kClosed };
  // What one owner may have at a time: all of the pool, or half of its workers and of its queue.
  enum class Share { kAll, kHalf };

  // `series` are this pool's alone.
  WorkerPool(int workers, int queue, Share share, const PoolSeries& series);
  // Closes.
  ~WorkerPool();

  // Never waits. Work of the owner "" takes its turn and has no share: it is the product's own.
  Answer Submit(absl::string_view owner, std::function<void()> work);

  // Accepts no more, finishes what was accepted, ends the threads. Not from within work.
  void Close();

 private:
  struct Worker {
    absl::CondVar wake;
    // Guarded by the pool's mutex, which a struct inside the pool cannot name.
    bool called = false;
    std::thread thread;
  };
  struct Work {
    std::function<void()> run;
    absl::Time since;
  };
  // One owner that has work here.
  struct Line {
    std::string owner;
    std::deque<Work> waiting;
    int running = 0;
  };

  void Run(Worker& self);
  // Takes a resting worker to be woken, unless one is on its way already or there is nothing for it.
  Worker* Call() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The first line that waits and may have one more worker; end() when none may.
  std::list<Line*>::iterator Next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes one piece of its work.
  std::function<void()> Take(std::list<Line*>::iterator next) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void End(Line* line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::size_t limit_;
  // Of one owner.
  const std::size_t most_waiting_;
  const int most_running_;
  const PoolSeries series_;
  absl::Mutex mutex_;
  absl::node_hash_map<std::string, Line> lines_ ABSL_GUARDED_BY(mutex_);
  // Those with work that waits, in the order of their turns.
  std::list<Line*> turns_ ABSL_GUARDED_BY(mutex_);
  std::size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool waking_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Worker*> resting_ ABSL_GUARDED_BY(mutex_);
  std::deque<Worker> workers_;
};

}  // namespace edudelta::rpc
