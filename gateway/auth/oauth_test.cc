#include "gateway/auth/oauth.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::auth {
namespace {

using ::testing::HasSubstr;

http::Request FormRequest(const std::string& authorization = "") {
  http::Request request;
  request.headers = {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}};
  if (!authorization.empty()) request.headers.emplace_back("authorization", authorization);
  return request;
}

std::string ErrorOf(const http::Request& request, absl::string_view body) {
  const auto result = ReadTokenRequest(request, body);
  if (!std::holds_alternative<http::Response>(result)) return "";
  const auto& response = std::get<http::Response>(result);
  return absl::StrCat(response.status, " ", response.body);
}

TEST(TokenRequest, TakesClientsByFormAndByBasic) {
  auto form =
      ReadTokenRequest(FormRequest(), "grant_type=client_credentials&client_id=kunshan%2Fportal&client_secret=a%2Bb");
  auto& by_form = std::get<exchange::v1::IssueTokenRequest>(form);
  EXPECT_EQ(by_form.principal(), "organizations/kunshan/clients/portal");
  EXPECT_EQ(by_form.secret(), "a+b");
  const std::string basic =
      absl::StrCat("Basic ", absl::Base64Escape("organizations%2Fkunshan%2Fclients%2Fportal:a%2Bb"));
  auto header = ReadTokenRequest(FormRequest(basic), "grant_type=client_credentials");
  auto& by_basic = std::get<exchange::v1::IssueTokenRequest>(header);
  EXPECT_EQ(by_basic.principal(), by_form.principal());
  EXPECT_EQ(by_basic.secret(), by_form.secret());
}

TEST(TokenRequest, TakesUsersByPassword) {
  auto result = ReadTokenRequest(FormRequest(), "grant_type=password&username=jiading/clerk&password=p+q");
  auto& ask = std::get<exchange::v1::IssueTokenRequest>(result);
  EXPECT_EQ(ask.principal(), "organizations/jiading/users/clerk");
  EXPECT_EQ(ask.secret(), "p q");
}

TEST(TokenRequest, RefusesWhatItDoesNotUnderstand) {
  EXPECT_THAT(ErrorOf(http::Request(), "grant_type=password"), HasSubstr("400 {\"error\":\"invalid_request\""));
  EXPECT_THAT(ErrorOf(FormRequest(), "grant_type=implicit"), HasSubstr("unsupported_grant_type"));
  EXPECT_THAT(ErrorOf(FormRequest(), ""), HasSubstr("invalid_request"));
  EXPECT_THAT(ErrorOf(FormRequest(), "grant_type=password&grant_type=password"), HasSubstr("invalid_request"));
  EXPECT_THAT(ErrorOf(FormRequest(), "grant_type=password&username=%zz&password=x"), HasSubstr("invalid_request"));
  EXPECT_THAT(ErrorOf(FormRequest(), "grant_type=password&username=a/b"), HasSubstr("invalid_request"));
  EXPECT_THAT(ErrorOf(FormRequest(), "grant_type=password&username=%FF&password=x"), HasSubstr("invalid_request"));
  EXPECT_THAT(ErrorOf(FormRequest("Basic /zph"), "grant_type=client_credentials"), HasSubstr("401"));
  EXPECT_THAT(ErrorOf(FormRequest("Basic !!"), "grant_type=client_credentials"),
              HasSubstr("401 {\"error\":\"invalid_client\""));
}

TEST(TokenAnswer, SpeaksOauth) {
  exchange::v1::IssueTokenResponse issued;
  issued.set_access_token("t");
  issued.set_expires_in(600);
  const auto good = TokenAnswer("password", issued);
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(good.body, R"({"access_token":"t","expires_in":600,"token_type":"Bearer"})");
  const auto wrong = Error(absl::StatusCode::kUnauthenticated, "CREDENTIALS_WRONG", "不对");
  EXPECT_EQ(TokenAnswer("password", wrong).status, 400);
  EXPECT_THAT(TokenAnswer("password", wrong).body, HasSubstr("invalid_grant"));
  EXPECT_EQ(TokenAnswer("client_credentials", wrong).status, 401);
  EXPECT_EQ(TokenAnswer("password", absl::UnavailableError("x")).status, 503);
  EXPECT_EQ(TokenAnswer("password", absl::InternalError("secret text")).body,
            R"({"error":"server_error","error_description":"系统内部错误"})");
}

}  // namespace
}  // namespace edudelta::gateway::auth
