#pragma once

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

struct _cjose_jwk_int;

// Access tokens: JWTs signed with ES256 (ECDSA P-256, SHA-256) and with nothing else. Both classes are immutable and
// thread-safe.
namespace edudelta::crypto {

struct JwkDeleter {
  void operator()(_cjose_jwk_int* key) const;
};
using JwkPtr = std::unique_ptr<_cjose_jwk_int, JwkDeleter>;

class TokenSigner {
 public:
  static absl::StatusOr<TokenSigner> Generate();
  // A PKCS #8 private key on P-256. INVALID_ARGUMENT (TOKEN_KEY_MALFORMED).
  static absl::StatusOr<TokenSigner> FromPem(absl::string_view pem);

  // The private key; keep it in a file that only the owner can read.
  const std::string& private_pem() const { return private_pem_; }
  // RFC 7638 thumbprint of the public key.
  const std::string& key_id() const { return key_id_; }
  // {"kty": "EC", "crv": "P-256", "x": ..., "y": ..., "kid": ..., "alg": "ES256", "use": "sig"}
  std::string PublicJwk() const;
  // {"keys": [PublicJwk()]}
  std::string Jwks() const;

  // The compact token over a JSON object of claims, taken as it is. INVALID_ARGUMENT (TOKEN_CLAIMS_MALFORMED).
  absl::StatusOr<std::string> Sign(absl::string_view claims_json) const;

 private:
  TokenSigner() = default;

  JwkPtr key_;
  std::string key_id_;
  std::string private_pem_;
  std::string x_, y_;
};

struct Claims {
  std::string subject;
  std::string token_id;
  absl::Time issued;
  absl::Time expires;
  // The whole verified object, for claims of our own.
  std::string json;
};

class TokenVerifier {
 public:
  // Keys from a JWK set; those of another type or curve are passed over. INVALID_ARGUMENT (JWKS_MALFORMED) when none is
  // usable. `leeway` forgives a sender's clock that runs ahead (iat, nbf), never an expired token.
  static absl::StatusOr<TokenVerifier> FromJwks(absl::string_view jwks_json, absl::string_view issuer,
                                                absl::string_view audience, absl::Duration leeway = absl::Seconds(5));

  // UNAUTHENTICATED, checked in this order: TOKEN_MALFORMED, TOKEN_ALGORITHM, TOKEN_KEY_UNKNOWN, TOKEN_SIGNATURE,
  // TOKEN_MALFORMED (sub, jti, iat or exp missing), TOKEN_ISSUER, TOKEN_AUDIENCE, TOKEN_NOT_YET_VALID, TOKEN_EXPIRED.
  // A token ends at its `exp` exactly.
  absl::StatusOr<Claims> Verify(absl::string_view token, absl::Time now) const;

 private:
  TokenVerifier() = default;

  absl::flat_hash_map<std::string, JwkPtr> keys_;
  std::string issuer_;
  std::string audience_;
  absl::Duration leeway_;
};

}  // namespace edudelta::crypto
