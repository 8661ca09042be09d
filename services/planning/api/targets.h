#pragma once

#include "absl/status/status.h"
#include "common/rpc/call.h"
#include "edudelta/planning/v1/work_plan.pb.h"

namespace edudelta::service {
class Runtime;
}

namespace edudelta::planning::api {

// Targets of a plan against their measurements.
class Targets {
 public:
  // `runtime` outlives this.
  explicit Targets(service::Runtime& runtime) : runtime_(runtime) {}
  absl::Status Evaluate(const rpc::Call& call, const v1::EvaluateTargetsRequest& request,
                        v1::EvaluateTargetsResponse* response);

 private:
  service::Runtime& runtime_;
};

}  // namespace edudelta::planning::api
