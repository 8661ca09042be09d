#include <memory>

#include "common/service/report.h"
#include "edudelta/planning/v1/balance_report.pb.h"
#include "edudelta/planning/v1/work_plan.pb.h"
#include "planning/api/balance.h"
#include "planning/api/definition.h"
#include "planning/api/targets.h"

namespace edudelta::planning::api {

void ServeCustom(service::Runtime& runtime, rpc::DescribedService& api) {
  const auto targets = std::make_shared<Targets>(runtime);
  const auto balance = std::make_shared<Balance>(runtime);
  api.On<v1::EvaluateTargetsRequest, v1::EvaluateTargetsResponse>(
      "EvaluateTargets",
      service::AsReport(runtime, [targets](const rpc::Call& call, const auto& request, auto* response) {
        return targets->Evaluate(call, request, response);
      }));
  api.On<v1::EvaluateBalanceRequest, v1::BalanceReport>(
      "EvaluateBalance",
      service::AsReport(runtime, [balance](const rpc::Call& call, const auto& request, auto* response) {
        return balance->Evaluate(call, request, response);
      }));
  api.On<v1::RecomputeBalanceRequest, v1::RecomputeBalanceResponse>(
      "RecomputeBalance",
      service::AsReport(runtime, [balance](const rpc::Call& call, const auto& request, auto* response) {
        return balance->Recompute(call, request, response);
      }));
}

}  // namespace edudelta::planning::api
