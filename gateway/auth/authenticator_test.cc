#include "gateway/auth/authenticator.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::auth {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1800000000);

std::string Token(const crypto::TokenSigner& signer, const std::string& subject = "organizations/x/users/y",
                  const std::string& issuer = "edudelta", const std::string& audience = "edudelta-api") {
  const auto now = absl::ToUnixSeconds(kNow);
  auto token = signer.Sign(absl::StrCat(R"({"sub":")", subject, R"(","jti":"1","iss":")", issuer, R"(","aud":")",
                                        audience, R"(","iat":)", now, R"(,"exp":)", now + 600, "}"));
  return absl::StrCat("Bearer ", token.value());
}

TokenRules Rules(const crypto::TokenSigner& signer) { return {signer.Jwks(), "edudelta", "edudelta-api"}; }

TEST(Authenticator, KnowsASubjectUntilItsTokenExpires) {
  const auto signer = crypto::TokenSigner::Generate().value();
  Authenticator authenticator;
  const std::string token = Token(signer);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(authenticator.Authenticate(token, Rules(signer), kNow).value().principal, "organizations/x/users/y");
  }
  EXPECT_EQ(ReasonOf(authenticator.Authenticate(token, Rules(signer), kNow + absl::Seconds(600)).status()),
            "TOKEN_EXPIRED");
}

TEST(Authenticator, TellsTheGenerationOfTheToken) {
  const auto signer = crypto::TokenSigner::Generate().value();
  const auto now = absl::ToUnixSeconds(kNow);
  const std::string claims = absl::StrCat(R"({"sub":"a","jti":"1","iss":"edudelta","aud":"edudelta-api","iat":)", now,
                                          R"(,"exp":)", now + 600);
  Authenticator authenticator;
  const auto generation = [&](const std::string& rest) {
    const std::string token = absl::StrCat("Bearer ", signer.Sign(absl::StrCat(claims, rest, "}")).value());
    const auto first = authenticator.Authenticate(token, Rules(signer), kNow);
    EXPECT_EQ(authenticator.Authenticate(token, Rules(signer), kNow)->token_generation, first->token_generation)
        << "remembered";
    return first->token_generation;
  };
  EXPECT_EQ(generation(R"(,"gen":7)"), 7);
  EXPECT_EQ(generation(""), 0);
}

TEST(Authenticator, SaysWhyNot) {
  const auto signer = crypto::TokenSigner::Generate().value();
  const auto other = crypto::TokenSigner::Generate().value();
  Authenticator authenticator;
  const auto reason = [&](const std::string& header) {
    return ReasonOf(authenticator.Authenticate(header, Rules(signer), kNow).status());
  };
  EXPECT_EQ(reason(""), "TOKEN_REQUIRED");
  EXPECT_EQ(reason("Basic eDp5"), "TOKEN_REQUIRED");
  EXPECT_EQ(reason("Bearer x"), "TOKEN_MALFORMED");
  EXPECT_EQ(reason(Token(other)), "TOKEN_KEY_UNKNOWN");
  EXPECT_EQ(reason(Token(signer, "a", "elsewhere")), "TOKEN_ISSUER");
  EXPECT_EQ(reason(Token(signer, "a", "edudelta", "other")), "TOKEN_AUDIENCE");
}

TEST(Authenticator, ForgetsWhatWithdrawnKeysHaveSigned) {
  const auto signer = crypto::TokenSigner::Generate().value();
  const auto next = crypto::TokenSigner::Generate().value();
  Authenticator authenticator;
  ASSERT_TRUE(authenticator.Authenticate(Token(signer), Rules(signer), kNow).ok());
  EXPECT_EQ(ReasonOf(authenticator.Authenticate(Token(signer), Rules(next), kNow).status()), "TOKEN_KEY_UNKNOWN");
  EXPECT_EQ(ReasonOf(authenticator.Authenticate(Token(signer), TokenRules(), kNow).status()), "POLICY_STALE");
}

TEST(Authenticator, RemembersNoMoreThanItsLimit) {
  const auto signer = crypto::TokenSigner::Generate().value();
  Authenticator authenticator(2);
  for (int i = 0; i < 5; ++i) {
    const std::string subject = absl::StrCat("organizations/x/users/u", i);
    EXPECT_EQ(authenticator.Authenticate(Token(signer, subject), Rules(signer), kNow).value().principal, subject);
  }
}

}  // namespace
}  // namespace edudelta::gateway::auth
