#include "exchange/api/expiry.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/rpc/client.h"
#include "edudelta/exchange/v1/agreement.pb.h"
#include "exchange/store/evidence.h"
#include "exchange/store/policy_version.h"

namespace edudelta::exchange::api {

Expiry::Expiry(service::Runtime& runtime)
    : runtime_(runtime), sweep_(absl::Seconds(1), "expiry_failed", runtime.logger(), [this] { return Sweep(); }) {}

absl::Status Expiry::Sweep() {
  rpc::Call call;
  call.caller = rpc::ServiceCaller("exchange");
  call.deadline = runtime_.clock().Now() + absl::Seconds(5);
  call.method = runtime_.descriptor().FindMethodByName("ExpireAgreement");
  std::vector<std::string> names;
  RETURN_IF_ERROR(runtime_.pool().Read(call.deadline, [&](db::Session& session) -> absl::Status {
    RETURN_IF_ERROR(store::DropOldPolicyChanges(session));
    RETURN_IF_ERROR(store::DropOldClaims(session));
    ASSIGN_OR_RETURN(
        db::Rows rows,
        session.Query(
            "SELECT `agreement_id` FROM `agreement` WHERE `state` IN (?, ?) AND `end_time` <= NOW(6) LIMIT 100",
            {int64_t{v1::Agreement::STATE_ACTIVE}, int64_t{v1::Agreement::STATE_SUSPENDED}}));
    while (rows.Next()) names.push_back(absl::StrCat("agreements/", rows.Text(0)));
    return absl::OkStatus();
  }));
  for (const std::string& name : names) {
    v1::ExpireAgreementRequest request;
    request.set_name(name);
    v1::Agreement expired;
    const absl::Status status = runtime_.engine("exchange.Agreement").steps().Take(call, request, &expired);
    // Another instance, or a party that ended it, may have come first.
    if (!status.ok() && !absl::IsFailedPrecondition(status)) return status;
    if (status.ok()) runtime_.logger().Info("agreement_expired", {{"agreement", name}});
  }
  return absl::OkStatus();
}

}  // namespace edudelta::exchange::api
