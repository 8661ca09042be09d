#include "common/db/bound_session.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/status.h"

namespace edudelta::db {
namespace {

constexpr char kErrors[] = "edudelta_db_errors_total";
// What reads of the past allow for (resource/as_of.cc: 5 s, of which a transaction may take 3 until its COMMIT).
constexpr absl::Duration kSlowCommit = absl::Seconds(2);
constexpr char kErrorsHelp[] = "Failed statements and connections by reason.";
constexpr char kRetries[] = "edudelta_db_retries_total";
constexpr char kRetriesHelp[] = "Work that was done once more, by reason.";
constexpr char kUp[] = "edudelta_db_up";
constexpr char kUpHelp[] = "1 while the database answers.";

}  // namespace

Metrics::Metrics(metrics::Registry& registry, int connections)
    : registry_(registry),
      connections_(connections),
      size_(registry.Gauge("edudelta_db_pool_size", "Connections that there may be.")),
      in_use_(registry.Gauge("edudelta_db_pool_in_use", "Connections that serve a work.")),
      waiting_(registry.Gauge("edudelta_db_pool_waiting", "Works that wait for a connection.")),
      wait_(registry.Seconds("edudelta_db_pool_wait_seconds", "Waiting for a connection.")),
      statement_(registry.Seconds("edudelta_db_statement_seconds", "Statements, BEGIN and COMMIT included.")),
      slow_commits_(registry.Counter("edudelta_db_slow_commits_total",
                                     "COMMITs of more than 2 s: a read of the past may have missed what they wrote.")),
      conflicts_(registry.Counter(kRetries, kRetriesHelp, {{"reason", "conflict"}})),
      connections_lost_(registry.Counter(kRetries, kRetriesHelp, {{"reason", "connection_lost"}})),
      other_errors_(registry.Counter(kErrors, kErrorsHelp, {{"kind", "other"}})) {
  size_.Increment(connections_);
  for (const char* reason : {"DUPLICATE_KEY", "DATABASE_CONFLICT", "DATABASE_UNAVAILABLE", "DATABASE_FULL",
                             "DATABASE_TIMEOUT", "DATABASE_OUTCOME_UNKNOWN", "DATABASE_ERROR"}) {
    errors_[reason] = &registry.Counter(kErrors, kErrorsHelp, {{"kind", absl::AsciiStrToLower(reason)}});
  }
}

Metrics::~Metrics() { size_.Decrement(connections_); }

void Metrics::InUse(int change) { in_use_.Increment(change); }
Metrics::Waiting::Waiting(Metrics& metrics) : gauge_(metrics.waiting_) { gauge_.Increment(); }
Metrics::Waiting::~Waiting() { gauge_.Decrement(); }
void Metrics::Waited(absl::Duration wait) { wait_.Observe(absl::ToDoubleSeconds(wait)); }
void Metrics::Ran(absl::Duration took) { statement_.Observe(absl::ToDoubleSeconds(took)); }

void Metrics::Committed(absl::Duration took) {
  if (took > kSlowCommit) slow_commits_.Increment();
}

void Metrics::Failed(const absl::Status& status) {
  const auto found = errors_.find(ReasonOf(status));
  (found == errors_.end() ? other_errors_ : *found->second).Increment();
}

void Metrics::Retried(Retry why) { (why == Retry::kConflict ? conflicts_ : connections_lost_).Increment(); }

// Not told before somebody has asked.
void Metrics::Answered(absl::Duration skew) {
  registry_.Gauge(kUp, kUpHelp).Set(1);
  registry_.Gauge("edudelta_db_clock_skew_seconds", "How far the database's clock is ahead of this process's.")
      .Set(absl::ToDoubleSeconds(skew));
}

void Metrics::NotAnswered() { registry_.Gauge(kUp, kUpHelp).Set(0); }

BoundSession::BoundSession(Connection& connection, Watchdog& watchdog, Metrics& metrics, Mode mode, absl::Time deadline,
                           absl::Duration limit)
    : connection_(connection),
      watchdog_(watchdog),
      metrics_(metrics),
      mode_(mode),
      deadline_(deadline),
      ends_(mode == Mode::kTransaction ? absl::Now() + limit : absl::InfiniteFuture()) {
  watch_.connection_id = connection.id();
  watchdog_.Add(&watch_);
}

BoundSession::~BoundSession() { watchdog_.Remove(&watch_); }

template <typename Run>
auto BoundSession::RunWatched(Run run) -> decltype(run()) {
  if (!failure_.ok()) return failure_;
  const absl::Time start = absl::Now();
  const absl::Time end = std::min(deadline_, ends_);
  if (start >= end || !watchdog_.Start(&watch_, end)) {
    failure_ = Timeout();
    metrics_.Failed(failure_);
    return failure_;
  }
  auto result = run();
  const bool killed = watchdog_.Finish(&watch_, ends_);
  metrics_.Ran(absl::Now() - start);
  Note(result.status(), killed);
  if (!failure_.ok()) return failure_;
  return result;
}

void BoundSession::Note(const absl::Status& status, bool killed) {
  if (!connection_.lost() && !killed) ++answered_;
  if (status.ok()) return;
  switch (status.code()) {
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kInternal:
      if (!killed) break;
      failure_ = Timeout();
      break;
    case absl::StatusCode::kUnknown:
      failure_ = status;
      break;
    default:
      failure_ = killed ? Timeout() : status;
  }
  metrics_.Failed(failure_.ok() ? status : failure_);
}

absl::StatusOr<Rows> BoundSession::Query(absl::string_view sql, const std::vector<Value>& parameters) {
  return RunWatched([&] { return connection_.Query(sql, parameters); });
}

absl::StatusOr<int64_t> BoundSession::Execute(absl::string_view sql, const std::vector<Value>& parameters) {
  const Doing doing = mode_ == Mode::kTransaction ? Doing::kReading : Doing::kWriting;
  return RunWatched([&] { return connection_.Execute(sql, parameters, doing); });
}

absl::StatusOr<int64_t> BoundSession::LastInsertId() {
  ASSIGN_OR_RETURN(Rows rows, Query("SELECT LAST_INSERT_ID()", {}));
  rows.Next();
  return rows.Int(0);
}

absl::Status BoundSession::Command(absl::string_view sql, Doing doing) {
  return RunWatched([&] { return connection_.Command(sql, doing); }).status();
}

bool BoundSession::Reusable() { return !connection_.lost() && !watchdog_.Finish(&watch_, absl::InfiniteFuture()); }

}  // namespace edudelta::db
