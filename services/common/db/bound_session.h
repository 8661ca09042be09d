#pragma once

#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/db/connection.h"
#include "common/db/session.h"
#include "common/db/watchdog.h"
#include "common/metrics/registry.h"

namespace edudelta::db {

class Metrics {
 public:
  // `connections`: of this pool; several may share a registry.
  Metrics(metrics::Registry& registry, int connections);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  void InUse(int change);
  void Waited(absl::Duration wait);
  // One who waits for a connection, as long as this lives.
  class Waiting {
   public:
    explicit Waiting(Metrics& metrics);
    ~Waiting();

   private:
    prometheus::Gauge& gauge_;
  };
  void Ran(absl::Duration took);
  void Committed(absl::Duration took);
  void Failed(const absl::Status& status);
  // Work is done once more: its transaction was chosen to give way, or its connection turned out to be dead.
  enum class Retry { kConflict, kConnectionLost };
  void Retried(Retry why);
  // The database has answered a question about its time, or not. `skew`: how far its clock is ahead of ours.
  void Answered(absl::Duration skew);
  void NotAnswered();

 private:
  metrics::Registry& registry_;
  const int connections_;
  prometheus::Gauge& size_;
  prometheus::Gauge& in_use_;
  prometheus::Gauge& waiting_;
  prometheus::Histogram& wait_;
  prometheus::Histogram& statement_;
  prometheus::Counter& slow_commits_;
  prometheus::Counter& conflicts_;
  prometheus::Counter& connections_lost_;
  // By reason.
  absl::flat_hash_map<std::string, prometheus::Counter*> errors_;
  prometheus::Counter& other_errors_;
};

// A connection for the time of one work: holds every statement to the deadline, and remembers the failure after which
// the connection must not be used.
class BoundSession final : public Tx {
 public:
  enum class Mode { kAutocommit, kTransaction };

  // References outlive the session. `limit` ends a transaction, counted from here.
  BoundSession(Connection& connection, Watchdog& watchdog, Metrics& metrics, Mode mode, absl::Time deadline,
               absl::Duration limit);
  ~BoundSession() override;

  absl::StatusOr<Rows> Query(absl::string_view sql, const std::vector<Value>& parameters) override;
  absl::StatusOr<int64_t> Execute(absl::string_view sql, const std::vector<Value>& parameters) override;
  absl::StatusOr<int64_t> LastInsertId() override;

  // A statement without preparing that is not the caller's: BEGIN, COMMIT, ROLLBACK.
  absl::Status Command(absl::string_view sql, Doing doing);

  // The failure that ended the session; OK while it is good.
  const absl::Status& failure() const { return failure_; }
  // The server ended the transaction for a deadlock or a lock wait.
  bool conflicted() const { return failure_.code() == absl::StatusCode::kAborted; }
  // Statements that were answered.
  int answered() const { return answered_; }
  // May serve another work. Ends the watch.
  bool Reusable();

 private:
  template <typename Run>
  auto RunWatched(Run run) -> decltype(run());
  void Note(const absl::Status& status, bool killed);

  Connection& connection_;
  Watchdog& watchdog_;
  Metrics& metrics_;
  const Mode mode_;
  const absl::Time deadline_;
  // Until when the connection may idle between statements.
  const absl::Time ends_;
  Watchdog::Watch watch_;
  absl::Status failure_;
  int answered_ = 0;
};

}  // namespace edudelta::db
