#pragma once

#include "absl/status/statusor.h"
#include "common/service/runtime.h"
#include "edudelta/exchange/v1/client.pb.h"
#include "edudelta/exchange/v1/user.pb.h"
#include "exchange/api/policy_hub.h"

namespace edudelta::exchange::api {

// Both: only an administrator who might have given the account each of its roles; PERMISSION_DENIED, reason
// ROLE_MISSING or those of domain::MayAdminister. NOT_FOUND.
absl::StatusOr<v1::RotateClientSecretResponse> RotateSecret(service::Runtime& runtime, PolicyHub& hub,
                                                            const rpc::Call& call,
                                                            const v1::RotateClientSecretRequest& request);
// Also PERMISSION_DENIED, reason PASSWORD_OWN: whoever has got hold of a token does not get the account with it.
absl::Status SetPassword(service::Runtime& runtime, PolicyHub& hub, const rpc::Call& call,
                         const v1::SetUserPasswordRequest& request);

}  // namespace edudelta::exchange::api
