// Signing in: clients, users, the first administrator.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "common/testing/fake_clock.h"
#include "common/testing/matchers.h"
#include "edudelta/exchange/v1/client.pb.h"
#include "edudelta/exchange/v1/exchange.pb.h"
#include "edudelta/exchange/v1/token.pb.h"
#include "edudelta/exchange/v1/user.pb.h"
#include "exchange/api/attempts.h"
#include "exchange/api/testing.h"

namespace edudelta::exchange::api {
namespace {

using testing::HasReason;
using testing::IsOk;

constexpr char kClient[] = "organizations/kunshan/clients/c";
constexpr char kUser[] = "organizations/kunshan/users/officer";
constexpr char kPassword[] = "correct horse battery";

class TokenTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    node = new TestNode;
    node->MakeParties();
    v1::CreateClientRequest client;
    client.set_parent("organizations/kunshan");
    client.set_client_id("c");
    client.mutable_client()->set_display_name("客户端");
    v1::Client made;
    ASSERT_THAT(node->Call(TestNode::Administrator(), "CreateClient", client, &made), IsOk());
  }
  static void TearDownTestSuite() { delete node; }

  static std::string Rotate() {
    v1::RotateClientSecretRequest request;
    request.set_name(kClient);
    v1::RotateClientSecretResponse response;
    EXPECT_THAT(node->Call(TestNode::Administrator(), "RotateClientSecret", request, &response), IsOk());
    EXPECT_EQ(response.client_id(), kClient);
    return response.client_secret();
  }
  static absl::Status SetPassword(const call::v1::Caller& caller, const std::string& name,
                                  const std::string& password) {
    v1::SetUserPasswordRequest request;
    request.set_name(name);
    request.set_password(password);
    v1::SetUserPasswordResponse response;
    return node->Call(caller, "SetUserPassword", request, &response);
  }
  static absl::Status Issue(const std::string& grant, const std::string& principal, const std::string& secret,
                            v1::IssueTokenResponse* response, const call::v1::Caller& caller = TestNode::Gateway()) {
    v1::IssueTokenRequest request;
    request.set_grant_type(grant);
    request.set_principal(principal);
    request.set_secret(secret);
    return node->Call(caller, "IssueToken", request, response);
  }
  static absl::Status Issue(const std::string& grant, const std::string& principal, const std::string& secret) {
    v1::IssueTokenResponse response;
    return Issue(grant, principal, secret, &response);
  }

  static TestNode* node;
};
TestNode* TokenTest::node = nullptr;

TEST_F(TokenTest, GivesATokenThatTheKeySetVerifies) {
  v1::IssueTokenResponse response;
  ASSERT_THAT(Issue("client_credentials", kClient, Rotate(), &response), IsOk());
  EXPECT_EQ(response.expires_in(), 600);
  auto verifier = crypto::TokenVerifier::FromJwks(node->parts.settings.signer->Jwks(), "edudelta", "edudelta");
  ASSERT_THAT(verifier, IsOk());
  const auto claims = verifier->Verify(response.access_token(), absl::Now());
  ASSERT_THAT(claims, IsOk());
  EXPECT_EQ(claims->subject, kClient);
  EXPECT_THAT(verifier->Verify(response.access_token(), absl::Now() + absl::Seconds(601)), HasReason("TOKEN_EXPIRED"));
}

TEST_F(TokenTest, ANewSecretEndsTheOldOne) {
  const std::string old = Rotate();
  const std::string next = Rotate();
  EXPECT_THAT(Issue("client_credentials", kClient, old), HasReason("INVALID_CREDENTIALS"));
  EXPECT_THAT(Issue("client_credentials", kClient, next), IsOk());
  EXPECT_EQ(node->Ask("SELECT COUNT(*) FROM client_secret WHERE secret_hash LIKE '%" + next + "%'"), "0");
}

TEST_F(TokenTest, SaysNothingOfWhatWasWrong) {
  ASSERT_THAT(SetPassword(TestNode::Administrator(), kUser, kPassword), IsOk());
  EXPECT_THAT(Issue("password", kUser, kPassword), IsOk());
  const absl::Status wrong = Issue("password", kUser, "wrong");
  for (const absl::Status& status : {wrong, Issue("password", "organizations/kunshan/users/nobody", kPassword),
                                     Issue("password", "nonsense", kPassword), Issue("password", kClient, kPassword),
                                     Issue("client_credentials", kUser, kPassword)}) {
    EXPECT_THAT(status, HasReason("INVALID_CREDENTIALS"));
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
    EXPECT_EQ(ChineseOf(status), ChineseOf(wrong));
  }
  EXPECT_THAT(Issue("implicit", kUser, kPassword), HasReason("GRANT_TYPE_UNSUPPORTED"));
}

TEST_F(TokenTest, ADisabledAccountIsToldOnlyAfterTheRightSecret) {
  const std::string name = "organizations/kunshan/users/deputy";
  ASSERT_THAT(SetPassword(TestNode::Administrator(), name, kPassword), IsOk());
  v1::DisableUserRequest request;
  request.set_name(name);
  v1::User user;
  ASSERT_THAT(node->Call(TestNode::Administrator(), "DisableUser", request, &user), IsOk());
  EXPECT_THAT(Issue("password", name, "wrong password"), HasReason("INVALID_CREDENTIALS"));
  EXPECT_THAT(Issue("password", name, kPassword), HasReason("ACCOUNT_DISABLED"));
  v1::EnableUserRequest enable;
  enable.set_name(name);
  ASSERT_THAT(node->Call(TestNode::Administrator(), "EnableUser", enable, &user), IsOk());
  EXPECT_THAT(Issue("password", name, kPassword), IsOk());
}

TEST_F(TokenTest, OnlyAdministratorsSetSecretsAndOnlyServicesAskForTokens) {
  EXPECT_THAT(SetPassword(TestNode::Officer("kunshan"), kUser, kPassword), HasReason("ROLE_MISSING"));
  EXPECT_THAT(SetPassword(TestNode::Administrator(), kUser, "short"), HasReason("PASSWORD_TOO_SHORT"));
  EXPECT_THAT(SetPassword(TestNode::Administrator(), "organizations/kunshan/users/nobody", kPassword),
              HasReason("RESOURCE_NOT_FOUND"));
  v1::IssueTokenResponse response;
  EXPECT_THAT(Issue("password", kUser, kPassword, &response, TestNode::Administrator()), HasReason("ROLE_MISSING"));
}

TEST_F(TokenTest, AnOrganisationsAdministratorCannotTakeOverAWiderAccount) {
  v1::CreateUserRequest request;
  request.set_parent("organizations/kunshan");
  request.set_user_id("wide");
  request.mutable_user()->set_display_name("x");
  auto* binding = request.mutable_user()->add_bindings();
  binding->set_role(options::v1::ROLE_AUDITOR);
  binding->set_prefix("*");
  v1::User user;
  ASSERT_THAT(node->Call(TestNode::Administrator(), "CreateUser", request, &user), IsOk());
  call::v1::Caller own = TestNode::Administrator();
  own.mutable_bindings(0)->set_prefix("organizations/kunshan");
  EXPECT_THAT(SetPassword(own, user.name(), kPassword), HasReason("GRANT_TOO_WIDE"));
  EXPECT_THAT(SetPassword(own, kUser, kPassword), IsOk());
}

TEST_F(TokenTest, StopsListeningAfterTenFailures) {
  const std::string name = "organizations/jiading/users/deputy";
  ASSERT_THAT(SetPassword(TestNode::Administrator(), name, kPassword), IsOk());
  for (int i = 0; i < 10; ++i) EXPECT_THAT(Issue("password", name, "wrong"), HasReason("INVALID_CREDENTIALS"));
  EXPECT_THAT(Issue("password", name, kPassword), HasReason("TOO_MANY_ATTEMPTS"));
}

TEST_F(TokenTest, BootstrapsTheAdministratorOnce) {
  const std::string file = ::testing::TempDir() + "/admin.password";
  auto write = [&](const std::string& password) { std::ofstream(file) << password << "\n"; };
  write(kPassword);
  ASSERT_THAT(BootstrapAdmin(node->runtime(), file), IsOk());
  write("another password");
  ASSERT_THAT(BootstrapAdmin(node->runtime(), file), IsOk());
  EXPECT_THAT(Issue("password", "organizations/operator/users/admin", kPassword), IsOk());
  EXPECT_THAT(BootstrapAdmin(node->runtime(), file + ".none"), HasReason("PASSWORD_FILE_UNREADABLE"));
}

TEST(GenerateTokenKey, WritesOnceForTheOwnerAlone) {
  const std::string file = ::testing::TempDir() + "/token.pem";
  unlink(file.c_str());
  ASSERT_THAT(GenerateTokenKey(file), IsOk());
  struct stat info = {};
  ASSERT_EQ(stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_THAT(GenerateTokenKey(file), HasReason("TOKEN_KEY_EXISTS"));
  std::ifstream in(file);
  const std::string pem((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  EXPECT_THAT(crypto::TokenSigner::FromPem(pem), IsOk());
}

TEST(Attempts, CountsFailuresOfAMinute) {
  testing::FakeClock clock(absl::FromUnixSeconds(1796054400));
  Attempts attempts(2);
  EXPECT_TRUE(attempts.Begin("a", clock.Now()));
  attempts.Succeeded("a");
  EXPECT_TRUE(attempts.Begin("a", clock.Now()));
  EXPECT_TRUE(attempts.Begin("a", clock.Now()));
  EXPECT_FALSE(attempts.Begin("a", clock.Now()));
  EXPECT_TRUE(attempts.Begin("b", clock.Now()));
  clock.Advance(absl::Seconds(60));
  EXPECT_TRUE(attempts.Begin("a", clock.Now()));
}

}  // namespace
}  // namespace edudelta::exchange::api
