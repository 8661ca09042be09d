#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/session.h"

namespace edudelta::outbox {

// One claim on a row of table `lease`: at most one holder at a time by the database's clock, and by its epoch also when
// a holder slept through its expiry. Not thread-safe.
class Lease {
 public:
  // `owner` is unique per claimant, e.g. a UUID.
  Lease(std::string name, std::string owner, absl::Duration duration);

  // Whether it could be had. Reads only, while another holds it.
  absl::StatusOr<bool> Available(db::Session& session) const;

  // Takes it in the caller's transaction, with a new epoch: true when it was free or expired, or its own. It is held
  // once the transaction has committed and Took was called.
  absl::StatusOr<bool> Take(db::Tx& tx, int64_t* epoch) const;
  void Took(int64_t epoch) { epoch_ = epoch; }

  // To be the first statement of every transaction of the holder: locks the row until the end of the transaction and
  // extends the lease. FAILED_PRECONDITION, reason LEASE_LOST, when somebody else has taken it since.
  absl::Status Hold(db::Tx& tx) const;

  // Lets the next one have it at once.
  absl::Status Release(db::Session& session) const;

  void Forget() { epoch_ = 0; }
  bool held() const { return epoch_ != 0; }

 private:
  const std::string name_;
  const std::string owner_;
  const int64_t microseconds_;
  int64_t epoch_ = 0;
};

}  // namespace edudelta::outbox
