#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/db/pool.h"
#include "common/log/log.h"
#include "common/metrics/registry.h"
#include "common/outbox/lease.h"

namespace edudelta::outbox {

// Publishes: gives every committed event its position in the service and its sequence per dataset and district. Only
// the holder of the lease `outbox_relay` does so, of any number of processes on one schema. Auto-increment order is no
// order of commits; here an event gets its place when it is seen, so a reader of positions misses none.
//
// One thread. Failures of the database are logged once, tried again until it is back. Metrics:
// edudelta_outbox_unpublished, edudelta_outbox_lag_seconds (age of the first unpublished), both from every process,
// edudelta_outbox_published_total and edudelta_outbox_leader (1 in the process that holds the lease).
class Relay {
 public:
  struct Options {
    absl::Duration poll = absl::Milliseconds(50);
    // Another process takes over so long after the holder's last sign of life.
    absl::Duration lease = absl::Seconds(3);
    // Published events live at least so long; infinite: for ever.
    absl::Duration keep = absl::InfiniteDuration();
    absl::Duration retention_pause = absl::Minutes(1);
    // Events per transaction.
    int batch = 1000;
  };

  // The references outlive the relay.
  Relay(Options options, db::Pool& pool, metrics::Registry& registry, const log::Logger& logger, const Clock& clock);
  ~Relay();

  void Start();
  // Gives the lease back and joins. No Start after it.
  void Stop();
  // There is something new. Thread-safe.
  void Notify();
  // Whether this process holds the lease, as it knows: what one of all should do. Thread-safe.
  bool leads() const { return leads_; }

 private:
  void Run();
  void Turn();
  absl::Status KeepLease();
  absl::Status Publish();
  absl::Status Retire();
  absl::Status Measure();
  absl::Status Hold();
  void StepDown(const absl::Status& status);
  void TellLeader();
  void Wait(absl::Duration at_most);
  bool Stopping();
  absl::Time Deadline() const { return clock_.Now() + absl::Seconds(5); }

  const Options options_;
  db::Pool& pool_;
  const log::Logger& logger_;
  const Clock& clock_;
  prometheus::Gauge& unpublished_;
  prometheus::Gauge& lag_;
  prometheus::Counter& published_;
  prometheus::Gauge& leader_;
  std::atomic<bool> leads_{false};

  // Of the thread.
  Lease lease_;
  absl::Time next_claim_ = absl::InfinitePast();
  absl::Time next_measure_ = absl::InfinitePast();
  absl::Time next_retention_ = absl::InfinitePast();
  bool failing_ = false;

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool notified_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace edudelta::outbox
