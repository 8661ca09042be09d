#pragma once

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/fault/audit.h"
#include "tests/fault/clerk.h"
#include "tests/fault/registers.h"
#include "tests/fault/suite.h"

namespace edudelta::fault {

// What is killed in one run: together, at a random moment of the clerks' work or when `failpoint` ends its program.
struct Fault {
  bool service = false;
  bool gateway = false;
  bool database = false;
  // "after_commit" in the service, "before_reply" in the gateway; empty for a random moment.
  std::string failpoint = {};
};

struct Totals {
  int runs = 0, kills = 0, requests = 0, attempts = 0, acknowledged = 0, refused = 0, given_up = 0, given_up_done = 0,
      versions = 0;
};

// Clerks that write while programs are killed. Each run has a district and a service of its own turn, so that it can be
// compared whole. Failures of the set-up throw std::runtime_error. Not thread-safe.
class Drill {
 public:
  enum class Way { kDirect, kRest };
  explicit Drill(Way way);

  // All runs: fault by fault, service by service. What is wrong, with the end of the logs; empty when all is well.
  std::string Run(int runs, const std::vector<Fault>& faults);
  const Totals& totals() const { return totals_; }

 private:
  struct Progress {
    std::atomic<int> attempts = 0;
    std::atomic<int> working = 0;
  };

  void MakeAccounts();
  Actor ActorOf(const std::string& principal) const;
  absl::StatusOr<std::vector<std::string>> Districts();
  absl::StatusOr<std::vector<std::string>> RunOnce(const Fault& fault, const std::string& service, const Scope& scope);
  std::vector<std::unique_ptr<Clerk>> MakeClerks(const std::string& service, const Scope& scope, Progress* progress);
  void AwaitSchools(const std::string& service, const Scope& scope);
  // One fault in the middle of the clerks' work, and everything up again; false when it did not happen.
  bool Strike(const Fault& fault, const std::string& service, const Progress& progress);
  absl::StatusOr<std::vector<std::string>> Audit(const std::string& service, const Scope& scope, const Ledger& ledger);

  const Registers registers_;
  Suite suite_;
  const std::unique_ptr<Transport> direct_;
  const std::unique_ptr<Transport> rest_;
  const Transport& way_;
  std::mt19937 random_{static_cast<unsigned>(SettingOf("FAULT_SEED", 20261121))};
  Totals totals_;
};

// One line of counts.
std::string ToString(const Totals& totals);

}  // namespace edudelta::fault
