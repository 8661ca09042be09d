#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/crypto/token.h"

namespace edudelta::gateway::auth {

// Whose tokens are good, as the policy says.
struct TokenRules {
  // JSON Web Key Set.
  std::string jwks;
  std::string issuer;
  std::string audience;

  bool operator==(const TokenRules& other) const {
    return jwks == other.jwks && issuer == other.issuer && audience == other.audience;
  }
};

struct Identity {
  // "organizations/{organization}/users/{user}" or ".../clients/{client}".
  std::string principal;
  // The account's secret, or state, that the token was issued under; see exchange.PolicyPrincipal.
  std::int64_t token_generation = 0;
};

// From an `Authorization` header to a principal. Remembers verified tokens, by digest, until they expire or the rules
// change; at most `remembered`. Thread-safe.
class Authenticator {
 public:
  explicit Authenticator(std::size_t remembered = 20000) : limit_(remembered) {}

  // Whose the token is. UNAUTHENTICATED: TOKEN_REQUIRED, or as crypto::TokenVerifier::Verify. UNAVAILABLE
  // (POLICY_STALE) when the rules hold no usable key.
  absl::StatusOr<Identity> Authenticate(absl::string_view authorization, const TokenRules& rules, absl::Time now);

 private:
  struct Known {
    Identity identity;
    absl::Time expires;
  };
  absl::StatusOr<std::shared_ptr<const crypto::TokenVerifier>> VerifierFor(const TokenRules& rules);
  void Remember(const std::string& digest, const Known& known, const std::shared_ptr<const crypto::TokenVerifier>& by,
                absl::Time now);

  const std::size_t limit_;
  absl::Mutex mutex_;
  TokenRules rules_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const crypto::TokenVerifier> verifier_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace edudelta::gateway::auth
