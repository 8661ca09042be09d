#include "gateway/auth/authenticator.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/crypto/digest.h"
#include "nlohmann/json.hpp"

namespace edudelta::gateway::auth {
namespace {

// Tokens of before there were generations have none.
std::int64_t GenerationOf(const crypto::Claims& claims) {
  const auto json = nlohmann::json::parse(claims.json, nullptr, false);
  const auto found = json.find("gen");
  return found != json.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

}  // namespace

absl::StatusOr<Identity> Authenticator::Authenticate(absl::string_view authorization, const TokenRules& rules,
                                                     absl::Time now) {
  if (!absl::StartsWithIgnoreCase(authorization, "bearer ")) {
    return Error(absl::StatusCode::kUnauthenticated, "TOKEN_REQUIRED", "请先登录：请求缺少访问令牌");
  }
  const absl::string_view token = absl::StripAsciiWhitespace(authorization.substr(7));
  ASSIGN_OR_RETURN(const auto verifier, VerifierFor(rules));
  const std::string digest = crypto::Sha256(token);
  {
    absl::MutexLock lock(&mutex_);
    const auto found = known_.find(digest);
    if (found != known_.end() && now < found->second.expires) return found->second.identity;
  }
  ASSIGN_OR_RETURN(const crypto::Claims claims, verifier->Verify(token, now));
  const Known known = {{claims.subject, GenerationOf(claims)}, claims.expires};
  Remember(digest, known, verifier, now);
  return known.identity;
}

absl::StatusOr<std::shared_ptr<const crypto::TokenVerifier>> Authenticator::VerifierFor(const TokenRules& rules) {
  absl::MutexLock lock(&mutex_);
  if (verifier_ != nullptr && rules == rules_) return verifier_;
  auto made = crypto::TokenVerifier::FromJwks(rules.jwks, rules.issuer, rules.audience);
  if (!made.ok()) {
    return Error(absl::StatusCode::kUnavailable, "POLICY_STALE", "网关尚未取得令牌公钥，请稍后重试");
  }
  rules_ = rules;
  verifier_ = std::make_shared<const crypto::TokenVerifier>(*std::move(made));
  known_.clear();
  return verifier_;
}

void Authenticator::Remember(const std::string& digest, const Known& known,
                             const std::shared_ptr<const crypto::TokenVerifier>& by, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  // Verified under rules that have changed meanwhile.
  if (by != verifier_) return;
  if (known_.size() >= limit_) {
    absl::erase_if(known_, [&](const auto& entry) { return entry.second.expires <= now; });
    if (known_.size() >= limit_) known_.clear();
  }
  known_[digest] = known;
}

}  // namespace edudelta::gateway::auth
