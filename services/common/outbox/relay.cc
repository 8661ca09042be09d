#include "common/outbox/relay.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/outbox/stamp.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"

namespace edudelta::outbox {
namespace {

// Read at once and stamped in several transactions: each reading walks over the entries of the events that were stamped
// a moment ago and are not purged yet.
constexpr int kBatchesPerReading = 20;
constexpr int kDeletedPerTransaction = 500;
constexpr absl::Duration kMeasurePause = absl::Seconds(1);
constexpr absl::Duration kFailurePause = absl::Milliseconds(500);

}  // namespace

Relay::Relay(Options options, db::Pool& pool, metrics::Registry& registry, const log::Logger& logger,
             const Clock& clock)
    : options_(options),
      pool_(pool),
      logger_(logger),
      clock_(clock),
      unpublished_(registry.Gauge("edudelta_outbox_unpublished", "Events that are committed and not yet published.")),
      lag_(registry.Gauge("edudelta_outbox_lag_seconds", "Age of the first unpublished event.")),
      published_(registry.Counter("edudelta_outbox_published_total", "Events published by this process.")),
      leader_(registry.Gauge("edudelta_outbox_leader", "1 in the process that publishes.")),
      lease_("outbox_relay", NewUuid(), options.lease) {}

Relay::~Relay() { Stop(); }

void Relay::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Relay::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Relay::Notify() {
  absl::MutexLock lock(&mutex_);
  notified_ = true;
}

bool Relay::Stopping() {
  absl::MutexLock lock(&mutex_);
  return stopping_;
}

void Relay::Wait(absl::Duration at_most) {
  const auto wake = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || notified_; };
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&wake), at_most);
  notified_ = false;
}

void Relay::Run() {
  while (!Stopping()) Turn();
  leads_ = false;
  leader_.Set(0);
  if (!lease_.held()) return;
  const absl::Status released =
      pool_.Read(Deadline(), [this](db::Session& session) { return lease_.Release(session); });
  if (!released.ok()) logger_.Warning("outbox_lease_not_released", {{"reason", ReasonOf(released)}});
}

void Relay::TellLeader() {
  leads_ = lease_.held();
  leader_.Set(lease_.held() ? 1 : 0);
}

void Relay::Turn() {
  absl::Status status = KeepLease();
  TellLeader();
  if (status.ok() && lease_.held()) status = Publish();
  if (status.ok() && lease_.held()) status = Retire();
  if (status.ok()) status = Measure();
  if (!status.ok()) {
    StepDown(status);
    // Not woken by Notify: a database that is away stays away.
    const auto stopping = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_; };
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(&stopping), kFailurePause);
    return;
  }
  if (failing_) logger_.Info("outbox_relay_recovered");
  failing_ = false;
  Wait(options_.poll);
}

void Relay::StepDown(const absl::Status& status) {
  // Whoever holds the lease now will be told by the database.
  lease_.Forget();
  TellLeader();
  next_claim_ = absl::InfinitePast();
  if (!failing_) {
    logger_.Warning("outbox_relay_failed",
                    {{"code", absl::StatusCodeToString(status.code())}, {"reason", ReasonOf(status)}});
  }
  failing_ = true;
}

absl::Status Relay::KeepLease() {
  const absl::Time now = clock_.Now();
  if (now < next_claim_) return absl::OkStatus();
  next_claim_ = now + options_.lease / 3;
  if (lease_.held()) return Hold();
  bool available = false;
  RETURN_IF_ERROR(pool_.Read(Deadline(), [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(available, lease_.Available(session));
    return absl::OkStatus();
  }));
  if (!available) return absl::OkStatus();
  bool taken = false;
  int64_t epoch = 0;
  RETURN_IF_ERROR(pool_.Transact(Deadline(), [&](db::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(taken, lease_.Take(tx, &epoch));
    return absl::OkStatus();
  }));
  if (!taken) return absl::OkStatus();
  lease_.Took(epoch);
  logger_.Info("outbox_lease_taken", {{"epoch", epoch}});
  return absl::OkStatus();
}

absl::Status Relay::Hold() {
  return pool_.Transact(Deadline(), [this](db::Tx& tx) { return lease_.Hold(tx); });
}

absl::Status Relay::Publish() {
  const int limit = options_.batch * kBatchesPerReading;
  for (bool more = true; more && !Stopping();) {
    std::vector<Unpublished> events;
    RETURN_IF_ERROR(pool_.Read(Deadline(), [&](db::Session& session) -> absl::Status {
      ASSIGN_OR_RETURN(events, ReadUnpublished(session, limit));
      return absl::OkStatus();
    }));
    more = events.size() == static_cast<size_t>(limit);
    for (size_t first = 0; first < events.size() && !Stopping();) {
      const size_t count = std::min<size_t>(options_.batch, events.size() - first);
      RETURN_IF_ERROR(pool_.Transact(Deadline(), [&](db::Tx& tx) -> absl::Status {
        RETURN_IF_ERROR(lease_.Hold(tx));
        return Stamp(tx, events.data() + first, count);
      }));
      published_.Increment(static_cast<double>(count));
      first += count;
    }
    RETURN_IF_ERROR(Measure());
  }
  return absl::OkStatus();
}

absl::Status Relay::Retire() {
  if (options_.keep == absl::InfiniteDuration() || clock_.Now() < next_retention_) return absl::OkStatus();
  int64_t deleted = 0;
  RETURN_IF_ERROR(pool_.Transact(Deadline(), [&](db::Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(lease_.Hold(tx));
    ASSIGN_OR_RETURN(deleted, DeletePublished(tx, options_.keep, kDeletedPerTransaction));
    return absl::OkStatus();
  }));
  // One batch a turn while there is more, so that publishing never waits for it.
  if (deleted < kDeletedPerTransaction) next_retention_ = clock_.Now() + options_.retention_pause;
  return absl::OkStatus();
}

absl::Status Relay::Measure() {
  if (clock_.Now() < next_measure_) return absl::OkStatus();
  next_measure_ = clock_.Now() + kMeasurePause;
  Backlog backlog;
  RETURN_IF_ERROR(pool_.Read(Deadline(), [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(backlog, ReadBacklog(session));
    return absl::OkStatus();
  }));
  unpublished_.Set(static_cast<double>(backlog.unpublished));
  lag_.Set(absl::ToDoubleSeconds(backlog.lag));
  return absl::OkStatus();
}

}  // namespace edudelta::outbox
