#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/service/runtime.h"
#include "edudelta/exchange/v1/token.pb.h"
#include "edudelta/exchange/v1/types.pb.h"
#include "edudelta/exchange/v1/user.pb.h"
#include "exchange/api/attempts.h"
#include "exchange/api/policy_hub.h"
#include "exchange/api/settings.h"
#include "exchange/store/secrets.h"

namespace edudelta::exchange::api {

// Access tokens for clients and users. Thread-safe.
class Tokens {
 public:
  // All outlive this; `settings` has a signer.
  Tokens(service::Runtime& runtime, const Settings& settings, PolicyHub& hub, const log::Logger& logger);

  // UNAUTHENTICATED: INVALID_CREDENTIALS, in the same words and time whether there is no such account or the secret is
  // wrong (what is no account's name for this grant is answered at once); ACCOUNT_DISABLED only after a right secret.
  // RESOURCE_EXHAUSTED: TOO_MANY_ATTEMPTS, with when to retry, after ten failures of an account from an address.
  // INVALID_ARGUMENT: GRANT_TYPE_UNSUPPORTED. Each attempt leaves a line in the log, which names the account if there
  // is one: what is no account's name may be a password in the wrong field.
  absl::StatusOr<v1::IssueTokenResponse> Issue(const rpc::Call& call, const v1::IssueTokenRequest& request);

  // By the user alone: PERMISSION_DENIED, reason ROLE_MISSING, for others. INVALID_ARGUMENT: OLD_PASSWORD_WRONG,
  // PASSWORD_UNCHANGED, those of domain::CheckPassword. RESOURCE_EXHAUSTED as for Issue. ABORTED:
  // PASSWORD_CHANGED_MEANWHILE.
  absl::Status ChangePassword(const rpc::Call& call, const v1::ChangeUserPasswordRequest& request);

 private:
  absl::StatusOr<std::optional<store::Secret>> Find(const rpc::Call& call, store::SecretKind kind,
                                                    const std::string& principal) const;
  absl::StatusOr<v1::IssueTokenResponse> Sign(const std::string& principal, const store::Secret& secret) const;
  void Tell(const rpc::Call& call, const v1::IssueTokenRequest& request, bool known, const absl::Status& outcome) const;
  // `known`: set when the account has a secret.
  absl::StatusOr<v1::IssueTokenResponse> Try(const rpc::Call& call, const v1::IssueTokenRequest& request, bool* known);
  absl::StatusOr<v1::AccountState> StateOf(const rpc::Call& call, const std::string& principal, bool client) const;

  service::Runtime& runtime_;
  const Settings& settings_;
  PolicyHub& hub_;
  const log::Logger& logger_;
  // What a secret is compared with when the account has none.
  const std::string nobodys_hash_;
  Attempts attempts_;
};

}  // namespace edudelta::exchange::api
