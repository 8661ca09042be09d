// Signing in: clients, users, the first administrator.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "common/base/retry.h"
#include "common/base/status.h"
#include "common/testing/matchers.h"
#include "edudelta/exchange/v1/client.pb.h"
#include "edudelta/exchange/v1/exchange.pb.h"
#include "edudelta/exchange/v1/token.pb.h"
#include "edudelta/exchange/v1/user.pb.h"
#include "exchange/api/policy_state.h"
#include "exchange/api/testing.h"
#include "exchange/api/tokens.h"
#include "nlohmann/json.hpp"

namespace edudelta::exchange::api {
namespace {

using testing::HasReason;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;

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
  static absl::Status SetPassword(const call::v1::Caller& caller, const std::string& name, const std::string& password,
                                  bool lasting = false) {
    v1::SetUserPasswordRequest request;
    request.set_name(name);
    request.set_password(password);
    request.set_lasting(lasting);
    v1::SetUserPasswordResponse response;
    return node->Call(caller, "SetUserPassword", request, &response);
  }
  static absl::Status Issue(const std::string& grant, const std::string& principal, const std::string& secret,
                            v1::IssueTokenResponse* response, const call::v1::Caller& caller = TestNode::Gateway()) {
    v1::IssueTokenRequest request;
    request.set_grant_type(grant);
    request.set_principal(principal);
    request.set_secret(secret);
    request.set_address(address);
    return node->Call(caller, "IssueToken", request, response);
  }
  static absl::Status Issue(const std::string& grant, const std::string& principal, const std::string& secret) {
    v1::IssueTokenResponse response;
    return Issue(grant, principal, secret, &response);
  }

  static absl::Status ChangePassword(const call::v1::Caller& caller, const std::string& name, const std::string& old,
                                     const std::string& password) {
    v1::ChangeUserPasswordRequest request;
    request.set_name(name);
    request.set_old_password(old);
    request.set_password(password);
    v1::ChangeUserPasswordResponse response;
    return node->Call(caller, "ChangeUserPassword", request, &response);
  }
  // What the gateways are told of the account.
  static v1::PolicyPrincipal PolicyOf(const std::string& name) {
    PolicyState state(node->runtime());
    v1::PolicyUpdate update;
    EXPECT_THAT(node->runtime().pool().Read(testing::Soon(),
                                            [&](db::Session& session) -> absl::Status {
                                              ASSIGN_OR_RETURN(update, state.Refresh(session));
                                              return absl::OkStatus();
                                            }),
                IsOk());
    for (const auto& principal : update.principals()) {
      if (principal.name() == name) return principal;
    }
    ADD_FAILURE() << name;
    return {};
  }
  static std::int64_t GenerationOf(const v1::IssueTokenResponse& response) {
    auto verifier = crypto::TokenVerifier::FromJwks(node->parts.settings.signer->Jwks(), "edudelta", "edudelta");
    const std::string json = verifier->Verify(response.access_token(), absl::Now())->json;
    return nlohmann::json::parse(json).at("gen").get<std::int64_t>();
  }

  void TearDown() override { address = kAddress; }

  static constexpr char kAddress[] = "192.0.2.1";
  static TestNode* node;
  static std::string address;
};
TestNode* TokenTest::node = nullptr;
std::string TokenTest::address = TokenTest::kAddress;

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

TEST_F(TokenTest, AnAdministratorsTokenDoesNotReplaceTheOwnPassword) {
  call::v1::Caller own = TestNode::Administrator();
  own.set_principal(kUser);
  ASSERT_THAT(SetPassword(TestNode::Administrator(), kUser, kPassword), IsOk());
  for (const bool lasting : {false, true}) {
    EXPECT_THAT(SetPassword(own, kUser, "a river of teapots", lasting), HasReason("PASSWORD_OWN"));
  }
  EXPECT_THAT(Issue("password", kUser, kPassword), IsOk());
  EXPECT_THAT(ChangePassword(own, kUser, kPassword, "a river of teapots"), IsOk());
}

TEST_F(TokenTest, PausesAfterTenFailuresAtThatAddressAlone) {
  const std::string name = "organizations/jiading/users/deputy";
  ASSERT_THAT(SetPassword(TestNode::Administrator(), name, kPassword), IsOk());
  // Each pause is twice the one before: one of them is longer than an attempt takes.
  absl::Status paused;
  int heard = 0;
  for (; ReasonOf(paused = Issue("password", name, "wrong")) == "INVALID_CREDENTIALS"; ++heard) {
  }
  EXPECT_THAT(paused, HasReason("TOO_MANY_ATTEMPTS"));
  EXPECT_GE(heard, 10);
  const auto wait = RetryDelayOf(paused);
  ASSERT_TRUE(wait);
  EXPECT_GT(*wait, absl::ZeroDuration());
  EXPECT_LE(*wait, absl::Minutes(5));
  address = "192.0.2.7";
  EXPECT_THAT(Issue("password", name, kPassword), IsOk());
}

TEST_F(TokenTest, TellsTheLogWhichAccountAndNeverWhatElseWasTyped) {
  const std::string name = "organizations/jiading/users/officer";
  ASSERT_THAT(SetPassword(TestNode::Administrator(), name, kPassword), IsOk());
  address = "192.0.2.8";
  std::string lines;
  const log::Logger logger("exchange", node->clock(), log::Level::kInfo,
                           [&](const std::string& line) { lines += line; });
  Tokens tokens(node->runtime(), node->parts.settings, node->parts.hub, logger);
  const auto log_of = [&](const std::string& principal, const std::string& secret) {
    lines.clear();
    v1::IssueTokenRequest request;
    request.set_grant_type("password");
    request.set_principal(principal);
    request.set_secret(secret);
    request.set_address(address);
    rpc::Call call;
    call.caller = TestNode::Gateway();
    call.deadline = testing::Soon();
    (void)tokens.Issue(call, request);
    return lines;
  };
  const std::string failed = log_of(name, "typed-secret-1");
  EXPECT_THAT(failed, HasSubstr("login_failed"));
  EXPECT_THAT(failed, HasSubstr(name));
  EXPECT_THAT(failed, HasSubstr("192.0.2.8"));
  EXPECT_THAT(failed, HasSubstr("INVALID_CREDENTIALS"));
  EXPECT_THAT(failed, Not(HasSubstr("typed-secret-1")));
  const std::string succeeded = log_of(name, kPassword);
  EXPECT_THAT(succeeded, HasSubstr("login_succeeded"));
  EXPECT_THAT(succeeded, HasSubstr(name));
  EXPECT_THAT(succeeded, Not(HasSubstr(kPassword)));
  for (const std::string mistyped : {"organizations/jiading/users/typed-secret-2", "typed-secret-2"}) {
    const std::string unknown = log_of(mistyped, "x");
    EXPECT_THAT(unknown, HasSubstr("login_failed"));
    EXPECT_THAT(unknown, Not(HasSubstr("typed-secret-2")));
  }
}

TEST_F(TokenTest, NewSecretsAndDisablingEndTokensForGood) {
  const std::int64_t first = PolicyOf(kClient).token_generation();
  v1::IssueTokenResponse response;
  ASSERT_THAT(Issue("client_credentials", kClient, Rotate(), &response), IsOk());
  EXPECT_EQ(PolicyOf(kClient).token_generation(), first + 1);
  EXPECT_EQ(GenerationOf(response), first + 1);
  v1::Client client;
  v1::DisableClientRequest disable;
  disable.set_name(kClient);
  ASSERT_THAT(node->Call(TestNode::Administrator(), "DisableClient", disable, &client), IsOk());
  EXPECT_EQ(PolicyOf(kClient).token_generation(), first + 2);
  v1::EnableClientRequest enable;
  enable.set_name(kClient);
  ASSERT_THAT(node->Call(TestNode::Administrator(), "EnableClient", enable, &client), IsOk());
  EXPECT_EQ(PolicyOf(kClient).token_generation(), first + 2);
  EXPECT_LT(GenerationOf(response), PolicyOf(kClient).token_generation());
}

TEST_F(TokenTest, WhoGotAPasswordFromAnotherChangesIt) {
  const std::string name = "organizations/kunshan/users/deputy";
  const call::v1::Caller own = TestNode::Officer("kunshan", "deputy");
  ASSERT_THAT(SetPassword(TestNode::Administrator(), name, kPassword, /*lasting=*/true), IsOk());
  EXPECT_FALSE(PolicyOf(name).password_change_required());
  ASSERT_THAT(SetPassword(TestNode::Administrator(), name, kPassword), IsOk());
  EXPECT_TRUE(PolicyOf(name).password_change_required());
  v1::IssueTokenResponse response;
  ASSERT_THAT(Issue("password", name, kPassword, &response), IsOk());
  EXPECT_TRUE(response.password_change_required());

  EXPECT_THAT(ChangePassword(TestNode::Administrator(), name, kPassword, "a river of teapots"),
              HasReason("ROLE_MISSING"));
  EXPECT_THAT(ChangePassword(TestNode::Officer("kunshan"), name, kPassword, "a river of teapots"),
              HasReason("ROLE_MISSING"));
  EXPECT_THAT(ChangePassword(own, name, "not the old one", "a river of teapots"), HasReason("OLD_PASSWORD_WRONG"));
  EXPECT_THAT(ChangePassword(own, name, kPassword, kPassword), HasReason("PASSWORD_UNCHANGED"));
  EXPECT_THAT(ChangePassword(own, name, kPassword, "aaaaaaaaaaaa"), HasReason("PASSWORD_GUESSABLE"));
  ASSERT_THAT(ChangePassword(own, name, kPassword, "a river of teapots"), IsOk());
  EXPECT_FALSE(PolicyOf(name).password_change_required());
  EXPECT_GT(PolicyOf(name).token_generation(), GenerationOf(response)) << "what was issued for the old one has ended";
  EXPECT_THAT(Issue("password", name, kPassword), HasReason("INVALID_CREDENTIALS"));
  ASSERT_THAT(Issue("password", name, "a river of teapots", &response), IsOk());
  EXPECT_FALSE(response.password_change_required());
}

TEST_F(TokenTest, NobodyGrantsRolesToTheOwnAccount) {
  call::v1::Caller officer = TestNode::Administrator();
  officer.set_principal(kUser);
  v1::UpdateUserRequest request;
  request.mutable_user()->set_name(kUser);
  auto* binding = request.mutable_user()->add_bindings();
  binding->set_role(options::v1::ROLE_SENSITIVE_READER);
  binding->set_prefix("districts/320583");
  request.mutable_update_mask()->add_paths("bindings");
  v1::User user;
  EXPECT_THAT(node->Call(officer, "UpdateUser", request, &user), HasReason("GRANT_TO_SELF"));
  binding->set_prefix("districts/310114");
  EXPECT_THAT(node->Call(TestNode::Administrator(), "UpdateUser", request, &user),
              HasReason("GRANT_ACROSS_ORGANIZATIONS"));
}

TEST_F(TokenTest, AnAccountWithABindingThatWouldBeRefusedTodayIsStillKept) {
  const std::string row = " WHERE organization_id = 'jiading' AND user_id = 'deputy'";
  ASSERT_THAT(node->Execute("UPDATE user_account SET bindings = "
                            "REPLACE(bindings, 'organizations/jiading', 'districts/000000/schools/1')" +
                            row),
              IsOk());
  v1::UpdateUserRequest update;
  update.mutable_user()->set_name("organizations/jiading/users/deputy");
  update.mutable_user()->set_display_name("新名");
  update.mutable_update_mask()->add_paths("display_name");
  v1::User user;
  ASSERT_THAT(node->Call(TestNode::Administrator(), "UpdateUser", update, &user), IsOk());
  ASSERT_EQ(user.bindings_size(), 1);
  EXPECT_EQ(user.bindings(0).prefix(), "districts/000000/schools/1");
  *update.mutable_user() = user;
  v1::RoleBinding* added = update.mutable_user()->add_bindings();
  added->set_role(options::v1::ROLE_AUDITOR);
  added->set_prefix("districts/000000/schools/1");
  update.mutable_update_mask()->set_paths(0, "bindings");
  EXPECT_THAT(node->Call(TestNode::Administrator(), "UpdateUser", update, &user), HasReason("PREFIX_COVERS_NOTHING"));
  v1::DisableUserRequest disable;
  disable.set_name("organizations/jiading/users/deputy");
  EXPECT_THAT(node->Call(TestNode::Administrator(), "DisableUser", disable, &user), IsOk());
  EXPECT_EQ(user.state(), v1::ACCOUNT_STATE_DISABLED);
}

TEST_F(TokenTest, BootstrapsTheAdministratorOnce) {
  const std::string file = ::testing::TempDir() + "/admin.password";
  auto write = [&](const std::string& password) { std::ofstream(file) << password << "\n"; };
  write(kPassword);
  ASSERT_THAT(BootstrapAdmin(node->runtime(), file), IsOk());
  write("another river of otters");
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

}  // namespace
}  // namespace edudelta::exchange::api
