#include "gateway/policy/store.h"

#include <utility>

#include "common/base/error.h"
#include "edudelta/exchange/v1/policy.pb.h"

namespace edudelta::gateway::policy {

void Store::Receive(const exchange::v1::PolicyUpdate& update) {
  std::shared_ptr<const Snapshot> next;
  bool changed = false;
  {
    absl::MutexLock lock(&mutex_);
    if (snapshot_ == nullptr && !update.snapshot()) return;
    next = Apply(snapshot_ == nullptr ? std::make_shared<const Snapshot>() : snapshot_, update);
    changed = next != snapshot_;
    snapshot_ = next;
    received_ = clock_.Now();
    if (update.lease_seconds() > 0) lease_ = absl::Seconds(update.lease_seconds());
  }
  if (!changed) return;
  absl::MutexLock lock(&running_mutex_);
  for (RunningDecision* one : running_) {
    // For the compiler, which cannot know that a decision of this store names this mutex.
    one->store_.running_mutex_.AssertHeld();
    const absl::Status holds = StillHolds(*next, one->decision_, clock_.Now());
    if (holds.ok()) continue;
    if (const auto cut = std::exchange(one->cut_, nullptr)) cut(holds);
  }
}

absl::StatusOr<std::shared_ptr<const Snapshot>> Store::Fresh() const {
  absl::MutexLock lock(&mutex_);
  if (snapshot_ == nullptr || clock_.Now() - received_ >= lease_) {
    return Error(absl::StatusCode::kUnavailable, "POLICY_STALE", "网关的授权信息已过期，请稍后重试");
  }
  return snapshot_;
}

std::shared_ptr<const Snapshot> Store::Latest() const {
  absl::MutexLock lock(&mutex_);
  return snapshot_;
}

absl::Duration Store::Age() const {
  absl::MutexLock lock(&mutex_);
  return clock_.Now() - received_;
}

absl::Duration Store::Lease() const {
  absl::MutexLock lock(&mutex_);
  return lease_ - (clock_.Now() - received_);
}

Store::RunningDecision::RunningDecision(Store& store, Decision decision, Cut cut)
    : store_(store), decision_(std::move(decision)), cut_(std::move(cut)) {
  absl::MutexLock lock(&store_.running_mutex_);
  place_ = store_.running_.insert(store_.running_.end(), this);
}

Store::RunningDecision::~RunningDecision() {
  absl::MutexLock lock(&store_.running_mutex_);
  store_.running_.erase(place_);
}

}  // namespace edudelta::gateway::policy
