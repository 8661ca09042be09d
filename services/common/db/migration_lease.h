#pragma once

#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/db/pool.h"

namespace edudelta::db {

struct LeaseTimes {
  // A migrator of another node that was silent for so long is dead.
  absl::Duration expiry = absl::Minutes(10);
  absl::Duration renewal = absl::Minutes(1);
};

// UNAVAILABLE, reason MIGRATION_RUNNING.
absl::Status MigrationRunning();

// The right to change a schema. A lease row keeps two migrators apart on the nodes of a cluster, a named lock on one
// node. A thread of its own renews the row: a statement may take hours.
class MigrationLease {
 public:
  // `session` is the lease's alone as long as it lives. Waits for another migrator of this node for 10 s. UNAVAILABLE,
  // reason MIGRATION_RUNNING, while another one is at work.
  static absl::StatusOr<std::unique_ptr<MigrationLease>> Take(Pool& pool, Session& session, const LeaseTimes& times);
  // Gives the lease back if nobody has; then the next holder takes this one for dead.
  ~MigrationLease();

  const std::string& owner() const { return owner_; }
  // The last holder has not said how far it came: a statement of its may have run without a record.
  bool died_before() const { return died_before_; }

  // MIGRATION_RUNNING when it is another's by now; the failure of a renewal.
  absl::Status Renew();
  // `settled`: every statement that ran has its record.
  void GiveBack(bool settled);

 private:
  MigrationLease(Pool& pool, Session& session, const LeaseTimes& times);
  absl::Status TakeRow();
  void KeepRenewing();

  Pool& pool_;
  const LeaseTimes times_;
  const std::string owner_;
  bool died_before_ = false;
  absl::Mutex mutex_;
  Session& session_ ABSL_GUARDED_BY(mutex_);
  absl::Status lost_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool given_back_ = false;
  std::thread thread_;
};

}  // namespace edudelta::db
