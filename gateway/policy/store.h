#pragma once

#include <functional>
#include <list>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "edudelta/exchange/v1/policy.pb.h"
#include "gateway/policy/decide.h"
#include "gateway/policy/snapshot.h"

namespace edudelta::gateway::policy {

// The policy this process decides by, and its lease. Thread-safe.
class Store {
 public:
  explicit Store(const Clock& clock) : clock_(clock) {}

  // Takes an update in, renews the lease and cuts the streams it forbids. Ignored before the first snapshot.
  void Receive(const exchange::v1::PolicyUpdate& update);

  // UNAVAILABLE (POLICY_STALE) before the first update and when the lease has run out.
  absl::StatusOr<std::shared_ptr<const Snapshot>> Fresh() const;

  // Whatever there is, stale or not; null before the first update.
  std::shared_ptr<const Snapshot> Latest() const;
  // Since the last update; InfiniteDuration before the first.
  absl::Duration Age() const;
  // What is left of it; not positive when stale.
  absl::Duration Lease() const;

  // While it lives, `cut` is called with the reason, once, from the thread of the update that ends the decision.
  // Destroying it waits for a `cut` that is running.
  using Cut = std::function<void(const absl::Status&)>;
  class RunningDecision {
   public:
    RunningDecision(Store& store, Decision decision, Cut cut);
    ~RunningDecision();
    RunningDecision(const RunningDecision&) = delete;
    RunningDecision& operator=(const RunningDecision&) = delete;

   private:
    friend class Store;
    Store& store_;
    const Decision decision_;
    Cut cut_ ABSL_GUARDED_BY(store_.running_mutex_);
    std::list<RunningDecision*>::iterator place_ ABSL_GUARDED_BY(store_.running_mutex_);
  };

 private:
  const Clock& clock_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_ ABSL_GUARDED_BY(mutex_);
  absl::Time received_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Duration lease_ ABSL_GUARDED_BY(mutex_);
  absl::Mutex running_mutex_;
  std::list<RunningDecision*> running_ ABSL_GUARDED_BY(running_mutex_);
};

}  // namespace edudelta::gateway::policy
