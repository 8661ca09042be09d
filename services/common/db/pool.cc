#include "common/db/pool.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/db/bound_session.h"
#include "common/db/connection.h"
#include "common/db/errors.h"
#include "common/db/sql_time.h"
#include "common/db/url.h"
#include "common/db/watchdog.h"

namespace edudelta::db {
namespace {

// A connection that idled longer is asked before a read trusts it; in a transaction BEGIN asks.
constexpr absl::Duration kTrusted = absl::Seconds(5);

class PoolImpl final : public Pool {
 public:
  PoolImpl(const Options& options, Address address, metrics::Registry& registry)
      : options_(options),
        address_(std::move(address)),
        metrics_(registry, options_.connections),
        watchdog_([this](int64_t id, Watchdog::Kill what) { return Kill(id, what); }) {}

  absl::Status Transact(absl::Time deadline, absl::FunctionRef<absl::Status(Tx&)> work) override;
  absl::Status Read(absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> work) override;
  absl::Status Ping(absl::Time deadline) override;

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    absl::Time since;
  };

  // A connection taken from the pool; discarded at the end of its scope unless it may be kept.
  struct Lease {
    explicit Lease(PoolImpl& owner) : pool(owner) {}
    ~Lease() { pool.Release(*this); }
    Lease(const Lease&) = delete;

    PoolImpl& pool;
    std::unique_ptr<Connection> connection;
    absl::Time idle_since = absl::InfiniteFuture();
    bool keep = false;

    bool reused() const { return idle_since != absl::InfiniteFuture(); }
  };

  absl::Status Acquire(absl::Time deadline, Lease& lease);
  void Release(Lease& lease);
  void Take(int change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    taken_ += change;
    metrics_.InUse(change);
  }
  void DropIdle();
  absl::Status TransactOnce(absl::Time deadline, absl::FunctionRef<absl::Status(Tx&)> work, bool& conflicted);
  absl::Status ReadOnce(absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> work, bool& was_dead);
  bool Kill(int64_t id, Watchdog::Kill what);

  const Options options_;
  const Address address_;
  Metrics metrics_;
  absl::Mutex mutex_;
  absl::CondVar freed_;
  // The last one in is the first out: its statements are the warmest.
  std::vector<Idle> idle_ ABSL_GUARDED_BY(mutex_);
  int taken_ ABSL_GUARDED_BY(mutex_) = 0;
  // Used by the watchdog's thread alone.
  std::unique_ptr<Connection> killer_;
  Watchdog watchdog_;
};

absl::Status PoolImpl::Acquire(absl::Time deadline, Lease& lease) {
  const absl::Time start = absl::Now();
  {
    absl::MutexLock lock(&mutex_);
    const Metrics::Waiting waiting(metrics_);
    while (taken_ >= options_.connections) {
      if (freed_.WaitWithDeadline(&mutex_, deadline) && taken_ >= options_.connections) {
        metrics_.Waited(absl::Now() - start);
        return Timeout();
      }
    }
    Take(1);
    if (!idle_.empty()) {
      lease.connection = std::move(idle_.back().connection);
      lease.idle_since = idle_.back().since;
      idle_.pop_back();
    }
  }
  const absl::Time taken = absl::Now();
  metrics_.Waited(taken - start);
  if (lease.connection != nullptr) return absl::OkStatus();
  auto opened = taken < deadline
                    ? Connection::Open(options_, address_, std::min(options_.connect_timeout, deadline - taken))
                    : Timeout();
  if (!opened.ok()) {
    metrics_.Failed(opened.status());
    absl::MutexLock lock(&mutex_);
    Take(-1);
    freed_.Signal();
    return opened.status();
  }
  lease.connection = *std::move(opened);
  return absl::OkStatus();
}

void PoolImpl::Release(Lease& lease) {
  if (lease.connection == nullptr) return;
  if (lease.connection->lost()) DropIdle();
  std::unique_ptr<Connection> discarded = lease.keep ? nullptr : std::move(lease.connection);
  // Closed before its place is free: the server never has more than the agreed connections.
  discarded.reset();
  absl::MutexLock lock(&mutex_);
  Take(-1);
  if (lease.connection != nullptr) idle_.push_back({std::move(lease.connection), absl::Now()});
  freed_.Signal();
}

// Where one connection was lost, the others are likely dead too.
void PoolImpl::DropIdle() {
  std::vector<Idle> dropped;
  absl::MutexLock lock(&mutex_);
  dropped.swap(idle_);
}

absl::Status PoolImpl::Transact(absl::Time deadline, absl::FunctionRef<absl::Status(Tx&)> work) {
  bool conflicted = false;
  absl::Status status = TransactOnce(deadline, work, conflicted);
  if (!conflicted) return status;
  metrics_.Retried(Metrics::Retry::kConflict);
  return TransactOnce(deadline, work, conflicted);
}

absl::Status PoolImpl::TransactOnce(absl::Time deadline, absl::FunctionRef<absl::Status(Tx&)> work, bool& conflicted) {
  while (true) {
    Lease lease(*this);
    RETURN_IF_ERROR(Acquire(deadline, lease));
    BoundSession session(*lease.connection, watchdog_, metrics_, BoundSession::Mode::kTransaction, deadline,
                         options_.transaction_limit);
    absl::Status status = session.Command("BEGIN", Doing::kReading);
    if (!status.ok()) {
      if (!lease.reused() || !lease.connection->lost()) return status;
      metrics_.Retried(Metrics::Retry::kConnectionLost);
      continue;
    }
    status = work(session);
    conflicted = session.conflicted();
    if (status.ok()) {
      // Fails without a word to the server when the work swallowed a failure.
      const absl::Time began = absl::Now();
      status = session.Command("COMMIT", Doing::kCommitting);
      metrics_.Committed(absl::Now() - began);
      conflicted = session.conflicted();
      lease.keep = status.ok() && session.Reusable();
    } else if (session.Reusable()) {
      lease.keep = lease.connection->Command("ROLLBACK", Doing::kReading).ok();
    }
    return status;
  }
}

absl::Status PoolImpl::Read(absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> work) {
  bool was_dead = false;
  absl::Status status = ReadOnce(deadline, work, was_dead);
  if (!was_dead) return status;
  metrics_.Retried(Metrics::Retry::kConnectionLost);
  return ReadOnce(deadline, work, was_dead);
}

absl::Status PoolImpl::ReadOnce(absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> work, bool& was_dead) {
  while (true) {
    Lease lease(*this);
    RETURN_IF_ERROR(Acquire(deadline, lease));
    BoundSession session(*lease.connection, watchdog_, metrics_, BoundSession::Mode::kAutocommit, deadline,
                         options_.transaction_limit);
    if (absl::Now() - lease.idle_since > kTrusted) {
      absl::Status status = session.Command("DO 1", Doing::kReading);
      if (!status.ok() && lease.connection->lost()) {
        metrics_.Retried(Metrics::Retry::kConnectionLost);
        continue;
      }
      RETURN_IF_ERROR(status);
    }
    absl::Status status = work(session);
    lease.keep = session.Reusable();
    was_dead = !status.ok() && lease.reused() && lease.connection->lost() && session.answered() == 0 &&
               session.failure().code() == absl::StatusCode::kUnavailable;
    return status;
  }
}

absl::Status PoolImpl::Ping(absl::Time deadline) {
  absl::Duration skew;
  const absl::Status status = Read(deadline, [&skew](Session& session) -> absl::Status {
    const absl::Time asked = absl::Now();
    ASSIGN_OR_RETURN(Rows rows, session.Query("SELECT UTC_TIMESTAMP(6)"));
    if (!rows.Next()) return absl::OkStatus();
    // Told somewhere between the question and the answer.
    skew = ParseSqlTime(rows.Text(0)) - (asked + (absl::Now() - asked) / 2);
    return absl::OkStatus();
  });
  status.ok() ? metrics_.Answered(skew) : metrics_.NotAnswered();
  return status;
}

bool PoolImpl::Kill(int64_t id, Watchdog::Kill what) {
  const std::string sql = absl::StrCat(what == Watchdog::Kill::kQuery ? "KILL QUERY " : "KILL ", id);
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (killer_ == nullptr) {
      // It asks for what takes no time, and others wait for it.
      Options asking = options_;
      asking.network_timeout = std::min(options_.network_timeout, options_.connect_timeout);
      auto opened = Connection::Open(asking, address_, options_.connect_timeout);
      if (!opened.ok()) return false;
      killer_ = *std::move(opened);
    }
    // An error that leaves the connection whole says that the other one has ended already.
    if (killer_->Command(sql, Doing::kReading).ok() || !killer_->lost()) return true;
    killer_.reset();
  }
  return false;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Pool>> Pool::Create(const Options& options, metrics::Registry& registry) {
  ASSIGN_OR_RETURN(Address address, ParseUrl(options.url));
  return std::make_unique<PoolImpl>(options, std::move(address), registry);
}

}  // namespace edudelta::db
