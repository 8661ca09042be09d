#pragma once

#include <string>

#include "absl/status/status.h"
#include "gateway/cli/session.h"

// Work plans, the balance report and the patrols of a month.
namespace edudelta::gateway::cli {

// Upserts the plan in `file`; its id is the file's stem. Exit::kRowErrors when rows were refused.
absl::Status LoadPlan(Session& session, const std::string& file, const std::string& district);
// Of one plan, or of every plan that the caller may see when `plan` is empty.
absl::Status ShowTargets(Session& session, const std::string& plan, const std::string& as_of);

struct BalanceOptions {
  std::string district;
  int year = 0;
  std::string read_time;
  // Name of a stored report to compute again, instead of a new evaluation.
  std::string recompute;
};
absl::Status ShowBalance(Session& session, const BalanceOptions& options);

// `month`: "2026-10".
absl::Status ShowPatrols(Session& session, const std::string& district, const std::string& month);

}  // namespace edudelta::gateway::cli
