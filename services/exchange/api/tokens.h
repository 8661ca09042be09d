#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/service/runtime.h"
#include "edudelta/exchange/v1/token.pb.h"
#include "edudelta/exchange/v1/types.pb.h"
#include "exchange/api/attempts.h"
#include "exchange/api/settings.h"

namespace edudelta::exchange::api {

// Access tokens for clients and users. Thread-safe.
class Tokens {
 public:
  // Both outlive this; `settings` has a signer.
  Tokens(service::Runtime& runtime, const Settings& settings);

  // UNAUTHENTICATED: INVALID_CREDENTIALS, in the same words and time whether there is no such account or the secret is
  // wrong (what is no account's name for this grant is answered at once); ACCOUNT_DISABLED only after a right secret.
  // RESOURCE_EXHAUSTED: TOO_MANY_ATTEMPTS after ten failures of an account in a minute. INVALID_ARGUMENT:
  // GRANT_TYPE_UNSUPPORTED.
  absl::StatusOr<v1::IssueTokenResponse> Issue(const rpc::Call& call, const v1::IssueTokenRequest& request);

 private:
  absl::StatusOr<v1::AccountState> StateOf(const rpc::Call& call, const std::string& principal, bool client) const;

  service::Runtime& runtime_;
  const Settings& settings_;
  // What a secret is compared with when the account has none.
  const std::string nobodys_hash_;
  Attempts attempts_;
};

}  // namespace edudelta::exchange::api
