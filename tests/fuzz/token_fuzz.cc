// Bearer tokens. Input: an Authorization header; or "claims:" and a JSON object, which we sign and then judge.
// Nobody without the key makes a token, and nobody makes one principal's token into another's.
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/crypto/token.h"
#include "gateway/auth/authenticator.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "tests/fuzz/target.h"

namespace edudelta::fuzz {
namespace {

// A key for this test alone; the tokens of the corpus are signed with it.
constexpr char kPem[] = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAM5WAwWOsAJF/QvM
uQFuYz05dkjz5FYhXWGqXpExnRmhRANCAARppeXPg5MB5rk0TGchktjS5MJ060aA
Fa4iRmRfCOBy6T3V7AUhY2aK+KytX8VSkUZt7jO1ZTIkBzI0U2OIx8Hp
-----END PRIVATE KEY-----
)";
constexpr char kReasons[] =
    "TOKEN_REQUIRED TOKEN_MALFORMED TOKEN_ALGORITHM TOKEN_KEY_UNKNOWN TOKEN_SIGNATURE TOKEN_ISSUER TOKEN_AUDIENCE "
    "TOKEN_NOT_YET_VALID TOKEN_EXPIRED";
const absl::Time kNow = absl::FromUnixSeconds(1800000000);

const crypto::TokenSigner& Signer() {
  static const auto& signer = *new crypto::TokenSigner(*crypto::TokenSigner::FromPem(kPem));
  return signer;
}

absl::StatusOr<std::string> SubjectOf(absl::string_view header) {
  static auto& authenticator = *new gateway::auth::Authenticator();
  static const auto& rules = *new gateway::auth::TokenRules{Signer().Jwks(), "edudelta", "edudelta-api"};
  auto identity = authenticator.Authenticate(header, rules, kNow);
  if (!identity.ok()) return identity.status();
  return identity->principal;
}

// The payloads of the corpus' good tokens, one a principal.
std::string ClaimsOf(absl::string_view subject) {
  return absl::StrCat(R"({"sub":")", subject,
                      R"(","jti":"1","iss":"edudelta","aud":"edudelta-api","iat":1799999990,"exp":1800000590})");
}

bool TryHeader(absl::string_view header) {
  const auto subject = SubjectOf(header);
  if (!subject.ok()) {
    MustBeRefusal(subject.status(), absl::StatusCode::kUnauthenticated, kReasons);
    return false;
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(absl::StripAsciiWhitespace(header.substr(7)), '.');
  std::string payload;
  Must(parts.size() == 3 && absl::WebSafeBase64Unescape(parts[1], &payload), "a token has three parts", header);
  Must(*subject == "organizations/jiading/users/clerk" || *subject == "organizations/kunshan/clients/portal",
       "a subject that we signed for", *subject);
  Must(payload == ClaimsOf(*subject), "the claims that we signed, for their own principal", payload);
  return true;
}

// Judged anew from protobuf's reading of the claims; nothing when that reading fails (names twice).
bool TryClaims(absl::string_view claims) {
  const auto token = Signer().Sign(claims);
  if (!token.ok()) {
    MustBeRefusal(token.status(), "TOKEN_CLAIMS_MALFORMED");
    return false;
  }
  const auto subject = SubjectOf(absl::StrCat("Bearer ", *token));
  if (!subject.ok()) {
    MustBeRefusal(subject.status(), absl::StatusCode::kUnauthenticated, kReasons);
    return false;
  }
  google::protobuf::Struct read;
  if (!google::protobuf::util::JsonStringToMessage(std::string(claims), &read).ok()) return true;
  const auto& fields = read.fields();
  const auto text = [&](const char* name) { return fields.count(name) ? fields.at(name).string_value() : ""; };
  const auto number = [&](const char* name) { return fields.count(name) ? fields.at(name).number_value() : -1; };
  bool ours = text("aud") == "edudelta-api";
  if (fields.count("aud") && fields.at("aud").has_list_value()) {
    for (const auto& one : fields.at("aud").list_value().values()) ours = ours || one.string_value() == "edudelta-api";
  }
  const double now = static_cast<double>(absl::ToUnixSeconds(kNow));
  Must(!subject->empty() && *subject == text("sub"), "the subject is the claims'", claims);
  Must(text("iss") == "edudelta" && ours, "ours, for us", claims);
  Must(number("exp") > now && number("iat") >= 0 && number("iat") <= now + 5, "now", claims);
  return true;
}

}  // namespace

bool Try(absl::string_view input) {
  if (absl::ConsumePrefix(&input, "claims:")) return TryClaims(input);
  return TryHeader(input);
}

}  // namespace edudelta::fuzz
