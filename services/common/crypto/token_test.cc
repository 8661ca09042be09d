#include "common/crypto/token.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/crypto/digest.h"

namespace edudelta::crypto {
namespace {

using nlohmann::json;

constexpr char kIssuer[] = "https://edudelta.example/310114";
constexpr char kAudience[] = "edudelta";

class TokenTest : public testing::Test {
 protected:
  json GoodClaims() const {
    return {{"iss", kIssuer},
            {"aud", kAudience},
            {"sub", "clients/kunshan"},
            {"jti", "t-1"},
            {"iat", absl::ToUnixSeconds(now_)},
            {"exp", absl::ToUnixSeconds(now_ + absl::Minutes(10))}};
  }

  std::string Sign(const json& claims) const { return *signer_.Sign(claims.dump()); }
  std::string Reason(absl::string_view token) const { return ReasonAt(token, now_); }
  std::string ReasonAt(absl::string_view token, absl::Time at) const {
    const absl::Status status = verifier_.Verify(token, at).status();
    EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kUnauthenticated) << status;
    return ReasonOf(status);
  }
  std::string Without(const char* claim) const {
    json claims = GoodClaims();
    claims.erase(claim);
    return Sign(claims);
  }
  std::string With(const char* claim, const json& value) const {
    json claims = GoodClaims();
    claims[claim] = value;
    return Sign(claims);
  }

  const absl::Time now_ = absl::FromUnixSeconds(1795000000);
  const TokenSigner signer_ = *TokenSigner::Generate();
  const TokenVerifier verifier_ = *TokenVerifier::FromJwks(signer_.Jwks(), kIssuer, kAudience);
};

TEST_F(TokenTest, AcceptsItsOwn) {
  json claims = GoodClaims();
  claims["role"] = "ROLE_EVALUATOR";
  const auto verified = verifier_.Verify(Sign(claims), now_);
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->subject, "clients/kunshan");
  EXPECT_EQ(verified->token_id, "t-1");
  EXPECT_EQ(verified->issued, now_);
  EXPECT_EQ(verified->expires, now_ + absl::Minutes(10));
  EXPECT_EQ(json::parse(verified->json).at("role"), "ROLE_EVALUATOR");
  EXPECT_EQ(Reason(With("aud", {"other", kAudience})), "");
}

TEST_F(TokenTest, RefusesWrongClaims) {
  EXPECT_EQ(Reason(With("iss", "https://elsewhere")), "TOKEN_ISSUER");
  EXPECT_EQ(Reason(Without("iss")), "TOKEN_ISSUER");
  EXPECT_EQ(Reason(With("aud", "other")), "TOKEN_AUDIENCE");
  EXPECT_EQ(Reason(With("aud", {"a", "b"})), "TOKEN_AUDIENCE");
  EXPECT_EQ(Reason(Without("aud")), "TOKEN_AUDIENCE");
  for (const char* claim : {"sub", "jti", "iat", "exp"}) EXPECT_EQ(Reason(Without(claim)), "TOKEN_MALFORMED") << claim;
  EXPECT_EQ(Reason(With("exp", "tomorrow")), "TOKEN_MALFORMED");
  EXPECT_EQ(Reason(With("exp", 1e300)), "TOKEN_MALFORMED");
  EXPECT_EQ(Reason(With("nbf", "now")), "TOKEN_MALFORMED");
}

TEST_F(TokenTest, TimesAreExact) {
  const std::string token = Sign(GoodClaims());
  EXPECT_EQ(ReasonAt(token, now_ + absl::Minutes(10) - absl::Seconds(1)), "");
  EXPECT_EQ(ReasonAt(token, now_ + absl::Minutes(10)), "TOKEN_EXPIRED");
  EXPECT_EQ(ReasonAt(token, now_ - absl::Seconds(5)), "");
  EXPECT_EQ(ReasonAt(token, now_ - absl::Seconds(6)), "TOKEN_NOT_YET_VALID");
  EXPECT_EQ(Reason(With("nbf", absl::ToUnixSeconds(now_ + absl::Minutes(1)))), "TOKEN_NOT_YET_VALID");
}

TEST_F(TokenTest, AnotherKeyIsUnknownAndCannotBorrowTheId) {
  const TokenSigner other = *TokenSigner::Generate();
  EXPECT_EQ(Reason(*other.Sign(GoodClaims().dump())), "TOKEN_KEY_UNKNOWN");
  const std::vector<std::string> mine = absl::StrSplit(Sign(GoodClaims()), '.');
  const std::vector<std::string> theirs = absl::StrSplit(*other.Sign(GoodClaims().dump()), '.');
  EXPECT_EQ(Reason(absl::StrCat(mine[0], ".", theirs[1], ".", theirs[2])), "TOKEN_SIGNATURE");
}

TEST_F(TokenTest, AlgorithmIsPinned) {
  const std::vector<std::string> parts = absl::StrSplit(Sign(GoodClaims()), '.');
  for (const char* algorithm : {"none", "HS256", "ES384", "RS256", "es256", ""}) {
    const std::string header =
        absl::WebSafeBase64Escape(json{{"alg", algorithm}, {"kid", signer_.key_id()}, {"typ", "JWT"}}.dump());
    EXPECT_EQ(Reason(absl::StrCat(header, ".", parts[1], ".", parts[2])), "TOKEN_ALGORITHM") << algorithm;
    EXPECT_EQ(Reason(absl::StrCat(header, ".", parts[1], ".")), "TOKEN_ALGORITHM") << algorithm;
  }
  const std::string hmac_header = absl::WebSafeBase64Escape(json{{"alg", "HS256"}, {"kid", signer_.key_id()}}.dump());
  const std::string signed_part = absl::StrCat(hmac_header, ".", parts[1]);
  const std::string forged = absl::WebSafeBase64Escape(HmacSha256(signer_.PublicJwk(), signed_part));
  EXPECT_EQ(Reason(absl::StrCat(signed_part, ".", forged)), "TOKEN_ALGORITHM");
}

TEST_F(TokenTest, EveryChangedCharacterIsRefused) {
  const std::string token = Sign(GoodClaims());
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(Reason(changed), "") << i;
  }
}

TEST_F(TokenTest, HasOneSpelling) {
  const std::string token = Sign(GoodClaims());
  for (const char* more : {"A", "Q", "x", "0", "_", "-", "AA", "AAA", "AAAA"}) {
    EXPECT_EQ(Reason(absl::StrCat(token, more)), "TOKEN_SIGNATURE") << more;
  }
  // The last character of a signature carries four bits that no byte uses.
  const std::string kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const size_t last = kDigits.find(token.back());
  for (size_t bits = 1; bits < 16; ++bits) {
    EXPECT_EQ(Reason(token.substr(0, token.size() - 1) + kDigits[last ^ bits]), "TOKEN_SIGNATURE") << bits;
  }
}

TEST_F(TokenTest, MalformedTokensAreRefused) {
  const std::string token = Sign(GoodClaims());
  for (const std::string& bad :
       {std::string(), std::string("a"), std::string(".."), std::string("a.b.c"), token + ".x", std::string(9000, 'a'),
        " " + token, std::string("e30.e30."), std::string("W10.e30.AA")}) {
    EXPECT_NE(Reason(bad), "") << bad;
  }
  EXPECT_EQ(Reason(absl::StrCat(token, "=")), "TOKEN_SIGNATURE");
  for (size_t size = 0; size < token.size(); ++size) EXPECT_NE(Reason(token.substr(0, size)), "") << size;
  const std::vector<std::string> parts = absl::StrSplit(token, '.');
  const std::string critical =
      absl::WebSafeBase64Escape(json{{"alg", "ES256"}, {"kid", signer_.key_id()}, {"crit", {"exp"}}}.dump());
  EXPECT_EQ(Reason(absl::StrCat(critical, ".", parts[1], ".", parts[2])), "TOKEN_MALFORMED");
}

TEST_F(TokenTest, KeySurvivesItsPem) {
  const auto again = TokenSigner::FromPem(signer_.private_pem());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->key_id(), signer_.key_id());
  EXPECT_EQ(Reason(*again->Sign(GoodClaims().dump())), "");
}

TEST_F(TokenTest, PublicKeyHasNoPrivatePart) {
  const json jwk = json::parse(signer_.PublicJwk());
  EXPECT_FALSE(jwk.contains("d"));
  EXPECT_EQ(jwk.at("alg"), "ES256");
  EXPECT_EQ(jwk.at("kid"), signer_.key_id());
}

TEST_F(TokenTest, BadKeysAndClaimsAreRefused) {
  EXPECT_EQ(ReasonOf(TokenSigner::FromPem("").status()), "TOKEN_KEY_MALFORMED");
  EXPECT_EQ(ReasonOf(TokenSigner::FromPem("-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n").status()),
            "TOKEN_KEY_MALFORMED");
  for (const char* jwks :
       {"", "{}", R"({"keys":[]})", R"({"keys":[{"kty":"oct","k":"AA","kid":"x"}]})", R"({"keys":1})"}) {
    EXPECT_EQ(ReasonOf(TokenVerifier::FromJwks(jwks, kIssuer, kAudience).status()), "JWKS_MALFORMED") << jwks;
  }
  EXPECT_EQ(ReasonOf(signer_.Sign("[]").status()), "TOKEN_CLAIMS_MALFORMED");
  EXPECT_EQ(ReasonOf(signer_.Sign("").status()), "TOKEN_CLAIMS_MALFORMED");
}

TEST_F(TokenTest, SeveralKeysServeRotation) {
  const TokenSigner next = *TokenSigner::Generate();
  const std::string both =
      absl::StrCat(R"({"keys":[{"kty":"RSA","kid":"r"},)", signer_.PublicJwk(), ",", next.PublicJwk(), "]}");
  const TokenVerifier verifier = *TokenVerifier::FromJwks(both, kIssuer, kAudience);
  EXPECT_TRUE(verifier.Verify(Sign(GoodClaims()), now_).ok());
  EXPECT_TRUE(verifier.Verify(*next.Sign(GoodClaims().dump()), now_).ok());
}

TEST_F(TokenTest, ThreadsShareSignerAndVerifier) {
  std::vector<std::thread> threads;
  std::vector<int> good(4, 0);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) good[t] += verifier_.Verify(Sign(GoodClaims()), now_).ok();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, std::vector<int>(4, 100));
}

}  // namespace
}  // namespace edudelta::crypto
