#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rpc/call.h"
#include "edudelta/planning/v1/balance_report.pb.h"
#include "planning/domain/balance.h"

namespace edudelta::service {
class Runtime;
}

namespace edudelta::planning::api {

// The balance evaluation across planning, teachers and facilities: gathers the figures of one record time, lets the
// domain decide, keeps the report.
class Balance {
 public:
  // `runtime` outlives this.
  explicit Balance(service::Runtime& runtime) : runtime_(runtime) {}

  absl::Status Evaluate(const rpc::Call& call, const v1::EvaluateBalanceRequest& request, v1::BalanceReport* response);
  absl::Status Recompute(const rpc::Call& call, const v1::RecomputeBalanceRequest& request,
                         v1::RecomputeBalanceResponse* response);

 private:
  // Computes at `read_time`, or earlier when the database of another service is behind.
  absl::StatusOr<domain::BalanceEvaluation> ComputeAsOfNow(const rpc::Call& call, const std::string& district,
                                                           int school_year, std::string read_time,
                                                           const std::string& set_name);
  // `set_name`: empty to choose by jurisdiction and day.
  absl::StatusOr<domain::BalanceEvaluation> Compute(const rpc::Call& call, const std::string& district, int school_year,
                                                    const std::string& read_time, const std::string& set_name);
  absl::Status AddStaff(const rpc::Call& call, const std::string& district, int school_year,
                        const std::string& read_time, std::vector<domain::SchoolFigures>* schools);
  absl::Status AddFacilities(const rpc::Call& call, const std::string& district, int school_year,
                             const std::string& read_time, std::vector<domain::SchoolFigures>* schools);

  service::Runtime& runtime_;
};

}  // namespace edudelta::planning::api
