#include "gateway/auth/oauth.h"

#include <map>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/base/retry.h"
#include "gateway/codec/text.h"
#include "nlohmann/json.hpp"

namespace edudelta::gateway::auth {
namespace {

using exchange::v1::IssueTokenRequest;
using Form = std::map<std::string, std::string>;

http::Response JsonAnswer(int status, const nlohmann::json& body) {
  http::Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}};
  response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return response;
}

http::Response OauthError(int status, const std::string& error, const std::string& description) {
  auto response = JsonAnswer(status, {{"error", error}, {"error_description", description}});
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"edudelta\"");
  return response;
}

std::optional<Form> ParseForm(absl::string_view body) {
  Form form;
  for (const absl::string_view pair : absl::StrSplit(body, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(pair, absl::MaxSplits('=', 1));
    std::string key, value;
    if (!http::DecodeForm(parts.first, &key) || !http::DecodeForm(parts.second, &value)) return std::nullopt;
    if (!codec::IsUtf8(key) || !codec::IsUtf8(value) || !form.emplace(key, value).second) return std::nullopt;
  }
  return form;
}

// Both halves are form-encoded before they are joined (RFC 6749, 2.3.1).
bool ReadBasic(absl::string_view authorization, std::string* id, std::string* secret) {
  std::string decoded;
  if (!absl::Base64Unescape(authorization.substr(6), &decoded)) return false;
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(decoded, absl::MaxSplits(':', 1));
  return http::DecodeForm(parts.first, id) && http::DecodeForm(parts.second, secret) && codec::IsUtf8(*id) &&
         codec::IsUtf8(*secret);
}

std::string FullName(absl::string_view id, absl::string_view collection) {
  const std::vector<absl::string_view> parts = absl::StrSplit(id, '/');
  if (parts.size() != 2) return std::string(id);
  return absl::StrCat("organizations/", parts[0], "/", collection, "/", parts[1]);
}

}  // namespace

std::variant<IssueTokenRequest, http::Response> ReadTokenRequest(const http::Request& request, absl::string_view body) {
  if (!absl::StartsWithIgnoreCase(request.Header("content-type"), "application/x-www-form-urlencoded")) {
    return OauthError(400, "invalid_request", "请求体须为 application/x-www-form-urlencoded");
  }
  auto form = ParseForm(body);
  if (!form) return OauthError(400, "invalid_request", "表单格式有误");
  IssueTokenRequest ask;
  ask.set_grant_type((*form)["grant_type"]);
  std::string id, secret;
  const absl::string_view authorization = request.Header("authorization");
  const bool basic = absl::StartsWithIgnoreCase(authorization, "basic ");
  if (ask.grant_type() == "client_credentials") {
    if (basic && !ReadBasic(authorization, &id, &secret))
      return OauthError(401, "invalid_client", "客户端认证格式有误");
    if (basic && form->count("client_secret") > 0) {
      return OauthError(400, "invalid_request", "客户端只能用一种方式认证");
    }
    if (!basic) {
      id = (*form)["client_id"];
      secret = (*form)["client_secret"];
    }
    ask.set_principal(FullName(id, "clients"));
  } else if (ask.grant_type() == "password") {
    id = (*form)["username"];
    secret = (*form)["password"];
    ask.set_principal(FullName(id, "users"));
  } else if (ask.grant_type().empty()) {
    return OauthError(400, "invalid_request", "缺少 grant_type");
  } else {
    return OauthError(400, "unsupported_grant_type", "只支持 client_credentials 和 password");
  }
  if (id.empty() || secret.empty()) return OauthError(400, "invalid_request", "缺少账号或口令");
  ask.set_secret(secret);
  return ask;
}

http::Response TokenAnswer(absl::string_view grant_type,
                           const absl::StatusOr<exchange::v1::IssueTokenResponse>& issued) {
  if (issued.ok()) {
    nlohmann::json body = {
        {"access_token", issued->access_token()}, {"token_type", "Bearer"}, {"expires_in", issued->expires_in()}};
    if (issued->password_change_required()) body["password_change_required"] = true;
    return JsonAnswer(200, body);
  }
  switch (issued.status().code()) {
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
      return grant_type == "password" ? OauthError(400, "invalid_grant", "账号或口令不对，或账号已停用")
                                      : OauthError(401, "invalid_client", "客户端认证失败，或客户端已停用");
    case absl::StatusCode::kInvalidArgument:
      return OauthError(400, "invalid_request", ChineseOf(issued.status()));
    case absl::StatusCode::kResourceExhausted: {
      auto response = OauthError(429, "slow_down", "登录过于频繁，请稍后重试");
      const absl::Duration wait = RetryDelayOf(issued.status()).value_or(absl::Seconds(1));
      response.headers.emplace_back("Retry-After",
                                    absl::StrCat(absl::ToInt64Seconds(absl::Ceil(wait, absl::Seconds(1)))));
      return response;
    }
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return OauthError(503, "temporarily_unavailable", "认证服务暂时不可用，请稍后重试");
    default:
      return OauthError(500, "server_error", "系统内部错误");
  }
}

}  // namespace edudelta::gateway::auth
