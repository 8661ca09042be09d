#include "common/crypto/token.h"

#include <cjose/cjose.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/crypto/digest.h"

namespace edudelta::crypto {
namespace {

using PkeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free)>;
using JwsPtr = std::unique_ptr<cjose_jws_t, decltype(&cjose_jws_release)>;
using HeaderPtr = std::unique_ptr<cjose_header_t, decltype(&cjose_header_release)>;

constexpr size_t kCoordinateSize = 32;
constexpr size_t kMaxTokenSize = 8192;
// ES256: two numbers of 32 bytes.
constexpr size_t kSignatureSize = 64;

absl::Status Rejected(absl::string_view reason, absl::string_view zh) {
  return Error(absl::StatusCode::kUnauthenticated, reason, zh);
}

absl::Status MalformedToken() { return Rejected("TOKEN_MALFORMED", "访问令牌的格式有错误"); }

absl::Status MalformedKey() {
  return Error(absl::StatusCode::kInvalidArgument, "TOKEN_KEY_MALFORMED", "令牌签名密钥应为P-256私钥（PEM，PKCS #8）");
}

absl::StatusOr<std::string> Coordinate(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  std::string bytes(kCoordinateSize, '\0');
  const bool ok = EVP_PKEY_get_bn_param(key, name, &number) == 1 &&
                  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), kCoordinateSize) > 0;
  BN_clear_free(number);
  if (!ok) return MalformedKey();
  return bytes;
}

bool IsP256(const EVP_PKEY* key) {
  char group[32] = {};
  size_t size = 0;
  return EVP_PKEY_get_group_name(key, group, sizeof(group), &size) == 1 &&
         (absl::string_view(group) == "prime256v1" || absl::string_view(group) == "P-256");
}

absl::StatusOr<std::string> ToPem(const EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()), &BIO_free);
  char* data = nullptr;
  if (bio == nullptr || PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return MalformedKey();
  }
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, size);
}

// A JSON object, or nothing.
std::optional<nlohmann::json> ParseObject(absl::string_view text) {
  nlohmann::json json = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return json;
}

std::optional<std::string> StringAt(const nlohmann::json& json, const char* name) {
  const auto at = json.find(name);
  if (at == json.end() || !at->is_string()) return std::nullopt;
  return at->get<std::string>();
}

std::optional<absl::Time> TimeAt(const nlohmann::json& json, const char* name) {
  // The year 9999.
  constexpr double kLatest = 253402300799.0;
  const auto at = json.find(name);
  if (at == json.end() || !at->is_number()) return std::nullopt;
  const double seconds = at->get<double>();
  if (!(seconds >= 0 && seconds <= kLatest)) return std::nullopt;
  return absl::FromUnixSeconds(0) + absl::Seconds(seconds);
}

bool IsFor(const nlohmann::json& claims, const std::string& audience) {
  const auto at = claims.find("aud");
  if (at == claims.end()) return false;
  if (at->is_string()) return at->get_ref<const std::string&>() == audience;
  return at->is_array() && std::find(at->begin(), at->end(), audience) != at->end();
}

// base64url without padding, and only the text that encoding gives: one token has one spelling.
bool DecodePart(absl::string_view part, std::string* bytes) {
  return !part.empty() && absl::WebSafeBase64Unescape(part, bytes) && absl::WebSafeBase64Escape(*bytes) == part;
}

// The payload of a token whose signature holds.
absl::StatusOr<std::string> SignedPayload(absl::string_view token, const cjose_jwk_t* key) {
  cjose_err error;
  const JwsPtr jws(cjose_jws_import(token.data(), token.size(), &error), &cjose_jws_release);
  if (jws == nullptr) return MalformedToken();
  uint8_t* bytes = nullptr;
  size_t size = 0;
  if (!cjose_jws_verify(jws.get(), key, &error) || !cjose_jws_get_plaintext(jws.get(), &bytes, &size, &error)) {
    return Rejected("TOKEN_SIGNATURE", "访问令牌的签名不正确");
  }
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

}  // namespace

void JwkDeleter::operator()(_cjose_jwk_int* key) const { cjose_jwk_release(key); }

absl::StatusOr<TokenSigner> TokenSigner::Generate() {
  const PkeyPtr key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  if (key == nullptr) return MalformedKey();
  ASSIGN_OR_RETURN(const std::string pem, ToPem(key.get()));
  return FromPem(pem);
}

absl::StatusOr<TokenSigner> TokenSigner::FromPem(absl::string_view pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  const auto no_password = [](char*, int, int, void*) { return -1; };
  const PkeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr), &EVP_PKEY_free);
  if (key == nullptr || !IsP256(key.get())) return MalformedKey();
  TokenSigner signer;
  ASSIGN_OR_RETURN(signer.x_, Coordinate(key.get(), OSSL_PKEY_PARAM_EC_PUB_X));
  ASSIGN_OR_RETURN(signer.y_, Coordinate(key.get(), OSSL_PKEY_PARAM_EC_PUB_Y));
  ASSIGN_OR_RETURN(std::string d, Coordinate(key.get(), OSSL_PKEY_PARAM_PRIV_KEY));
  ASSIGN_OR_RETURN(signer.private_pem_, ToPem(key.get()));
  const auto bytes = [](std::string& text) { return reinterpret_cast<uint8_t*>(text.data()); };
  const cjose_jwk_ec_keyspec spec = {CJOSE_JWK_EC_P_256, bytes(d),         d.size(),        bytes(signer.x_),
                                     signer.x_.size(),   bytes(signer.y_), signer.y_.size()};
  cjose_err error;
  signer.key_.reset(cjose_jwk_create_EC_spec(&spec, &error));
  OPENSSL_cleanse(d.data(), d.size());
  if (signer.key_ == nullptr) return MalformedKey();
  signer.key_id_ = absl::WebSafeBase64Escape(
      Sha256(absl::StrCat(R"({"crv":"P-256","kty":"EC","x":")", absl::WebSafeBase64Escape(signer.x_), R"(","y":")",
                          absl::WebSafeBase64Escape(signer.y_), R"("})")));
  return signer;
}

std::string TokenSigner::PublicJwk() const {
  return nlohmann::json{{"kty", "EC"},    {"crv", "P-256"},
                        {"kid", key_id_}, {"x", absl::WebSafeBase64Escape(x_)},
                        {"alg", "ES256"}, {"y", absl::WebSafeBase64Escape(y_)},
                        {"use", "sig"}}
      .dump();
}

std::string TokenSigner::Jwks() const { return absl::StrCat(R"({"keys":[)", PublicJwk(), "]}"); }

absl::StatusOr<std::string> TokenSigner::Sign(absl::string_view claims_json) const {
  if (!ParseObject(claims_json)) {
    return Error(absl::StatusCode::kInvalidArgument, "TOKEN_CLAIMS_MALFORMED", "令牌内容不是JSON对象");
  }
  cjose_err error;
  const HeaderPtr header(cjose_header_new(&error), &cjose_header_release);
  const char* token = nullptr;
  if (header != nullptr && cjose_header_set(header.get(), CJOSE_HDR_ALG, CJOSE_HDR_ALG_ES256, &error) &&
      cjose_header_set(header.get(), CJOSE_HDR_KID, key_id_.c_str(), &error) &&
      cjose_header_set(header.get(), "typ", "JWT", &error)) {
    const JwsPtr jws(cjose_jws_sign(key_.get(), header.get(), reinterpret_cast<const uint8_t*>(claims_json.data()),
                                    claims_json.size(), &error),
                     &cjose_jws_release);
    if (jws != nullptr && cjose_jws_export(jws.get(), &token, &error)) return std::string(token);
  }
  return Error(absl::StatusCode::kInternal, "TOKEN_NOT_SIGNED", "不能签发访问令牌");
}

absl::StatusOr<TokenVerifier> TokenVerifier::FromJwks(absl::string_view jwks_json, absl::string_view issuer,
                                                      absl::string_view audience, absl::Duration leeway) {
  TokenVerifier verifier;
  const std::optional<nlohmann::json> set = ParseObject(jwks_json);
  if (set && set->contains("keys") && set->at("keys").is_array()) {
    for (const nlohmann::json& jwk : set->at("keys")) {
      if (!jwk.is_object() || StringAt(jwk, "kty") != "EC" || StringAt(jwk, "crv") != "P-256") continue;
      const std::optional<std::string> id = StringAt(jwk, "kid");
      if (!id || StringAt(jwk, "alg").value_or("ES256") != "ES256") continue;
      const std::string text = jwk.dump();
      cjose_err error;
      JwkPtr key(cjose_jwk_import(text.data(), text.size(), &error));
      if (key != nullptr) verifier.keys_[*id] = std::move(key);
    }
  }
  if (verifier.keys_.empty()) {
    return Error(absl::StatusCode::kInvalidArgument, "JWKS_MALFORMED", "公钥集（JWKS）里没有可用的P-256公钥");
  }
  verifier.issuer_ = std::string(issuer);
  verifier.audience_ = std::string(audience);
  verifier.leeway_ = leeway;
  return verifier;
}

absl::StatusOr<Claims> TokenVerifier::Verify(absl::string_view token, absl::Time now) const {
  const std::vector<absl::string_view> parts = absl::StrSplit(token, '.');
  std::string header_text, unused;
  if (token.size() > kMaxTokenSize || parts.size() != 3 || !DecodePart(parts[0], &header_text) ||
      !DecodePart(parts[1], &unused)) {
    return MalformedToken();
  }
  const std::optional<nlohmann::json> header = ParseObject(header_text);
  if (!header || header->contains("crit")) return MalformedToken();
  // Before any key is looked at: an algorithm chosen by the sender is how signatures are talked away.
  if (StringAt(*header, "alg") != "ES256") return Rejected("TOKEN_ALGORITHM", "访问令牌的签名算法不被接受");
  const auto key = keys_.find(StringAt(*header, "kid").value_or(""));
  if (key == keys_.end()) return Rejected("TOKEN_KEY_UNKNOWN", "访问令牌不是由已知的密钥签发的");
  std::string signature;
  if (!DecodePart(parts[2], &signature) || signature.size() != kSignatureSize)
    return Rejected("TOKEN_SIGNATURE", "访问令牌的签名不正确");
  Claims result;
  ASSIGN_OR_RETURN(result.json, SignedPayload(token, key->second.get()));

  const std::optional<nlohmann::json> claims = ParseObject(result.json);
  if (!claims) return MalformedToken();
  const std::optional<std::string> subject = StringAt(*claims, "sub");
  const std::optional<std::string> id = StringAt(*claims, "jti");
  const std::optional<absl::Time> issued = TimeAt(*claims, "iat");
  const std::optional<absl::Time> expires = TimeAt(*claims, "exp");
  if (!subject || subject->empty() || !id || !issued || !expires) return MalformedToken();
  const std::optional<absl::Time> not_before = claims->contains("nbf") ? TimeAt(*claims, "nbf") : issued;
  if (!not_before) return MalformedToken();
  if (StringAt(*claims, "iss") != issuer_) return Rejected("TOKEN_ISSUER", "访问令牌的签发者不被接受");
  if (!IsFor(*claims, audience_)) return Rejected("TOKEN_AUDIENCE", "访问令牌不是签发给本系统的");
  if (now + leeway_ < std::max(*not_before, *issued)) return Rejected("TOKEN_NOT_YET_VALID", "访问令牌尚未生效");
  if (now >= *expires) return Rejected("TOKEN_EXPIRED", "访问令牌已过期，请重新登录");
  result.subject = *subject;
  result.token_id = *id;
  result.issued = *issued;
  result.expires = *expires;
  return result;
}

}  // namespace edudelta::crypto
