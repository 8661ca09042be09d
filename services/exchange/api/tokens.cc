#include "exchange/api/tokens.h"

#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/retry.h"
#include "common/base/status.h"
#include "common/crypto/password.h"
#include "edudelta/exchange/v1/client.pb.h"
#include "edudelta/exchange/v1/user.pb.h"
#include "exchange/api/rules.h"
#include "exchange/domain/password.h"
#include "exchange/store/secrets.h"

namespace edudelta::exchange::api {
namespace {

constexpr int kLifetimeSeconds = 600;
constexpr int kFreeFailures = 10;
constexpr size_t kLongestSecret = 1024;
// In place of an address, of those who change their password.
constexpr char kWithToken[] = "token";

using store::SecretKind;

absl::Status InvalidCredentials() {
  return Error(absl::StatusCode::kUnauthenticated, "INVALID_CREDENTIALS", "账号或口令不正确");
}

absl::Status OldPasswordWrong() { return Invalid("old_password", "OLD_PASSWORD_WRONG", "原口令不正确"); }

absl::Status TooManyAttempts(absl::Duration wait) {
  return RetryIn(wait,
                 Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_ATTEMPTS", "口令错误次数太多，请稍后再试"));
}

// What becomes of those who ask, as the series say it.
std::string OutcomeOf(const absl::Status& status) {
  if (status.ok()) return "issued";
  const std::string reason = ReasonOf(status);
  for (const char* known : {"INVALID_CREDENTIALS", "ACCOUNT_DISABLED", "TOO_MANY_ATTEMPTS", "GRANT_TYPE_UNSUPPORTED"}) {
    if (reason == known) return absl::AsciiStrToLower(reason);
  }
  return "failed";
}

}  // namespace

Tokens::Tokens(service::Runtime& runtime, const Settings& settings, PolicyHub& hub, const log::Logger& logger)
    : runtime_(runtime),
      settings_(settings),
      hub_(hub),
      logger_(logger),
      nobodys_hash_(crypto::HashPassword(RandomHex(32))),
      attempts_(kFreeFailures) {}

absl::StatusOr<v1::AccountState> Tokens::StateOf(const rpc::Call& call, const std::string& principal,
                                                 bool client) const {
  ASSIGN_OR_RETURN(resource::Row row,
                   runtime_.engine(client ? "exchange.Client" : "exchange.User").reader().Load(call, principal));
  return client ? static_cast<const v1::Client&>(*row.message).state()
                : static_cast<const v1::User&>(*row.message).state();
}

absl::StatusOr<std::optional<store::Secret>> Tokens::Find(const rpc::Call& call, SecretKind kind,
                                                          const std::string& principal) const {
  std::optional<store::Secret> secret;
  RETURN_IF_ERROR(runtime_.pool().Read(call.deadline, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(secret, store::FindSecret(session, kind, principal));
    return absl::OkStatus();
  }));
  return secret;
}

absl::StatusOr<v1::IssueTokenResponse> Tokens::Sign(const std::string& principal, const store::Secret& secret) const {
  const int64_t now = absl::ToUnixSeconds(runtime_.clock().Now());
  const nlohmann::json claims = {{"iss", settings_.token_issuer},
                                 {"aud", settings_.token_audience},
                                 {"sub", principal},
                                 {"jti", NewUuid()},
                                 {"gen", secret.generation},
                                 {"iat", now},
                                 {"exp", now + kLifetimeSeconds}};
  v1::IssueTokenResponse response;
  ASSIGN_OR_RETURN(*response.mutable_access_token(), settings_.signer->Sign(claims.dump()));
  response.set_expires_in(kLifetimeSeconds);
  response.set_password_change_required(secret.change_required);
  return response;
}

absl::StatusOr<v1::IssueTokenResponse> Tokens::Try(const rpc::Call& call, const v1::IssueTokenRequest& request,
                                                   bool* known) {
  const bool client = request.grant_type() == "client_credentials";
  if (!client && request.grant_type() != "password") {
    return Invalid("grant_type", "GRANT_TYPE_UNSUPPORTED", "只支持 client_credentials 和 password");
  }
  const std::string& principal = request.principal();
  const auto& pattern = runtime_.engine(client ? "exchange.Client" : "exchange.User").table().pattern();
  if (!describe::ParseName(pattern, principal) || request.secret().size() > kLongestSecret) return InvalidCredentials();
  ASSIGN_OR_RETURN(const auto secret,
                   Find(call, client ? SecretKind::kClientSecret : SecretKind::kUserPassword, principal));
  *known = secret.has_value();
  if (const auto wait = attempts_.Begin(principal, request.address(), runtime_.clock().Now())) {
    return TooManyAttempts(*wait);
  }
  const bool right = crypto::VerifyPassword(request.secret(), secret ? secret->hash : nobodys_hash_);
  if (!secret || !right) return InvalidCredentials();
  ASSIGN_OR_RETURN(const v1::AccountState state, StateOf(call, principal, client));
  attempts_.Succeeded(principal, request.address());
  if (state != v1::ACCOUNT_STATE_ACTIVE) {
    return Error(absl::StatusCode::kUnauthenticated, "ACCOUNT_DISABLED", "账号已停用");
  }
  return Sign(principal, *secret);
}

void Tokens::Tell(const rpc::Call& call, const v1::IssueTokenRequest& request, bool known,
                  const absl::Status& outcome) const {
  log::Fields fields = {{"address", request.address()}};
  if (known) fields.emplace_back("account", request.principal());
  if (!outcome.ok()) fields.emplace_back("reason", ReasonOf(outcome));
  const std::string& grant = request.grant_type();
  runtime_.metrics().Count("edudelta_tokens_total", "Tokens that were asked for, by what became of it.",
                           {{"kind", grant == "password"             ? "user"
                                     : grant == "client_credentials" ? "client"
                                                                     : "other"},
                            {"outcome", OutcomeOf(outcome)}});
  logger_.Info(outcome.ok() ? "login_succeeded" : "login_failed", fields, call.trace_id);
}

absl::StatusOr<v1::IssueTokenResponse> Tokens::Issue(const rpc::Call& call, const v1::IssueTokenRequest& request) {
  bool known = false;
  auto issued = Try(call, request, &known);
  Tell(call, request, known, issued.status());
  return issued;
}

absl::Status Tokens::ChangePassword(const rpc::Call& call, const v1::ChangeUserPasswordRequest& request) {
  const std::string& name = request.name();
  const bool own = call.caller.kind() == call::v1::Caller::KIND_USER && call.caller.principal() == name;
  if (!own) return Denied("ROLE_MISSING", "只能修改自己的口令");
  ASSIGN_OR_RETURN(const auto secret, Find(call, SecretKind::kUserPassword, name));
  if (!secret || request.old_password().size() > kLongestSecret) return OldPasswordWrong();
  // Whoever has got hold of a token does not guess on.
  if (const auto wait = attempts_.Begin(name, kWithToken, runtime_.clock().Now())) return TooManyAttempts(*wait);
  if (!crypto::VerifyPassword(request.old_password(), secret->hash)) return OldPasswordWrong();
  attempts_.Succeeded(name, kWithToken);
  RETURN_IF_ERROR(domain::CheckPassword(request.password(), name));
  if (request.password() == request.old_password()) {
    return Invalid("password", "PASSWORD_UNCHANGED", "新口令不能与原口令相同");
  }
  const std::string hash = crypto::HashPassword(request.password());
  return runtime_.pool().Transact(call.deadline, [&](db::Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(store::ReplacePassword(tx, name, secret->hash, hash));
    return RaisePolicy(hub_, tx, name);
  });
}

}  // namespace edudelta::exchange::api
