#include "exchange/api/tokens.h"

#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/crypto/password.h"
#include "edudelta/exchange/v1/client.pb.h"
#include "edudelta/exchange/v1/user.pb.h"
#include "exchange/store/secrets.h"

namespace edudelta::exchange::api {
namespace {

constexpr int kLifetimeSeconds = 600;
constexpr int kFailuresPerMinute = 10;
constexpr size_t kLongestSecret = 1024;

absl::Status InvalidCredentials() {
  return Error(absl::StatusCode::kUnauthenticated, "INVALID_CREDENTIALS", "账号或口令不正确");
}

}  // namespace

Tokens::Tokens(service::Runtime& runtime, const Settings& settings)
    : runtime_(runtime),
      settings_(settings),
      nobodys_hash_(crypto::HashPassword(RandomHex(32))),
      attempts_(kFailuresPerMinute) {}

absl::StatusOr<v1::AccountState> Tokens::StateOf(const rpc::Call& call, const std::string& principal,
                                                 bool client) const {
  ASSIGN_OR_RETURN(resource::Row row,
                   runtime_.engine(client ? "exchange.Client" : "exchange.User").reader().Load(call, principal));
  return client ? static_cast<const v1::Client&>(*row.message).state()
                : static_cast<const v1::User&>(*row.message).state();
}

absl::StatusOr<v1::IssueTokenResponse> Tokens::Issue(const rpc::Call& call, const v1::IssueTokenRequest& request) {
  const bool client = request.grant_type() == "client_credentials";
  if (!client && request.grant_type() != "password") {
    return Invalid("grant_type", "GRANT_TYPE_UNSUPPORTED", "只支持 client_credentials 和 password");
  }
  const std::string& principal = request.principal();
  const auto& pattern = runtime_.engine(client ? "exchange.Client" : "exchange.User").table().pattern();
  if (!describe::ParseName(pattern, principal) || request.secret().size() > kLongestSecret) return InvalidCredentials();
  if (!attempts_.Begin(principal, runtime_.clock().Now())) {
    return Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_ATTEMPTS", "登录失败次数太多，请一分钟后再试");
  }
  std::optional<std::string> hash;
  RETURN_IF_ERROR(runtime_.pool().Read(call.deadline, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(
        hash, store::FindSecret(session, client ? store::SecretKind::kClientSecret : store::SecretKind::kUserPassword,
                                principal));
    return absl::OkStatus();
  }));
  const bool right = crypto::VerifyPassword(request.secret(), hash.value_or(nobodys_hash_));
  if (!hash || !right) return InvalidCredentials();
  ASSIGN_OR_RETURN(v1::AccountState state, StateOf(call, principal, client));
  attempts_.Succeeded(principal);
  if (state != v1::ACCOUNT_STATE_ACTIVE) {
    return Error(absl::StatusCode::kUnauthenticated, "ACCOUNT_DISABLED", "账号已停用");
  }
  const int64_t now = absl::ToUnixSeconds(runtime_.clock().Now());
  const nlohmann::json claims = {{"iss", settings_.token_issuer},
                                 {"aud", settings_.token_audience},
                                 {"sub", principal},
                                 {"jti", NewUuid()},
                                 {"iat", now},
                                 {"exp", now + kLifetimeSeconds}};
  v1::IssueTokenResponse response;
  ASSIGN_OR_RETURN(*response.mutable_access_token(), settings_.signer->Sign(claims.dump()));
  response.set_expires_in(kLifetimeSeconds);
  return response;
}

}  // namespace edudelta::exchange::api
