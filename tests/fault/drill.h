#pragma once

#include <atomic>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/fault/audit.h"
#include "tests/fault/clerk.h"
#include "tests/fault/disk.h"
#include "tests/fault/registers.h"
#include "tests/fault/suite.h"

namespace edudelta::fault {

// What is killed in one run: together, at a random moment of the clerks' work or when `failpoint` ends its program.
struct Fault {
  bool service = false;
  bool gateway = false;
  bool database = false;
  // The disk of all of them has no room left, until somebody makes some.
  bool full = false;
  // "after_commit" in the service, "before_reply" in the gateway; empty for a random moment.
  std::string failpoint = {};
};

struct Totals {
  int runs = 0, kills = 0, fills = 0, collapses = 0, full = 0, requests = 0, attempts = 0, acknowledged = 0,
      refused = 0, given_up = 0, given_up_done = 0, versions = 0;
  // Different ones that were acknowledged; the rehearsal does not count.
  int methods = 0, steps = 0;
};

// Clerks that write while programs are killed. Each run has a district and a service of its own turn, so that it can be
// compared whole. Failures of the set-up throw std::runtime_error. Not thread-safe.
class Drill {
 public:
  enum class Way { kDirect, kRest };
  // `disk` is the one that TMPDIR is on, and outlives the drill; only faults that fill it need one.
  explicit Drill(Way way, Disk* disk = nullptr);

  // A rehearsal of every service without a fault, then all runs: fault by fault, each time of another service. What is
  // wrong, with the end of the logs; empty when all is well.
  std::string Run(int runs, const std::vector<Fault>& faults);
  const Totals& totals() const { return totals_; }

 private:
  struct Progress {
    // Of each clerk.
    int writes = 0;
    std::atomic<int> attempts = 0;
    std::atomic<int> working = 0;
    std::atomic<bool> struck = false;
  };

  void MakeAccounts();
  Actor ActorOf(const std::string& principal) const;
  absl::StatusOr<std::vector<std::string>> Districts();
  int WritesEach(const std::string& service) const;
  absl::StatusOr<std::vector<std::string>> Rehearse(const std::string& service, const Scope& scope);
  absl::StatusOr<std::vector<std::string>> RunOnce(const Fault& fault, const std::string& service, const Scope& scope);
  std::vector<std::unique_ptr<Clerk>> MakeClerks(const std::string& service, const Scope& scope, Progress* progress);
  void AwaitSchools(const std::string& service, const Scope& scope);
  // Until the service has refused to write again and again, and has answered a reader. False in `alive` when the
  // database ended itself.
  absl::Status FillDisk(const std::string& service, const Scope& scope, const Progress& progress, bool* alive);
  // One fault in the middle of the clerks' work, and everything up again; a failure when it did not happen.
  absl::Status Strike(const Fault& fault, const std::string& service, const Scope& scope, const Progress& progress);
  absl::StatusOr<std::vector<std::string>> Audit(const std::string& service, const Scope& scope, const Ledger& ledger);

  const Registers registers_;
  Disk* const disk_;
  Suite suite_;
  const std::unique_ptr<Transport> direct_;
  const std::unique_ptr<Transport> rest_;
  const Watch watch_;
  std::mt19937 random_{static_cast<unsigned>(SettingOf("FAULT_SEED", 20261121))};
  std::set<const MethodDescriptor*> acknowledged_;
  Totals totals_;
};

// One line of counts.
std::string ToString(const Totals& totals);

}  // namespace edudelta::fault
