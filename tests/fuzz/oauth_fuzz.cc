// Token requests of RFC 6749. Input: the Authorization header, a line's end, the form.
#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "edudelta/exchange/v1/token.pb.h"
#include "gateway/auth/oauth.h"
#include "gateway/codec/text.h"
#include "nlohmann/json.hpp"
#include "tests/fuzz/target.h"

namespace edudelta::fuzz {
namespace {

using exchange::v1::IssueTokenRequest;
using gateway::auth::ReadTokenRequest;

gateway::http::Request Request(absl::string_view authorization) {
  gateway::http::Request request;
  request.headers = {{"content-type", "application/x-www-form-urlencoded"}};
  if (!authorization.empty()) request.headers.emplace_back("authorization", std::string(authorization));
  return request;
}

std::string Encode(absl::string_view text) {
  std::string encoded;
  for (const char c : text) absl::StrAppendFormat(&encoded, "%%%02x", static_cast<unsigned char>(c));
  return encoded;
}

bool Same(const IssueTokenRequest& a, const IssueTokenRequest& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

// The same wish in each way that the RFC knows.
void MustReadAgain(const IssueTokenRequest& ask) {
  const std::string id = Encode(ask.principal());
  const std::string secret = Encode(ask.secret());
  const bool client = ask.grant_type() == "client_credentials";
  const std::string form = absl::StrCat("grant_type=", ask.grant_type(), client ? "&client_id=" : "&username=", id,
                                        client ? "&client_secret=" : "&password=", secret);
  const auto by_form = ReadTokenRequest(Request(""), form);
  Must(std::holds_alternative<IssueTokenRequest>(by_form) && Same(ask, std::get<IssueTokenRequest>(by_form)),
       "printed and read again it is the same", form);
  if (!client) return;
  const auto by_header =
      ReadTokenRequest(Request(absl::StrCat("Basic ", absl::Base64Escape(absl::StrCat(id, ":", secret)))),
                       "grant_type=client_credentials");
  Must(std::holds_alternative<IssueTokenRequest>(by_header) && Same(ask, std::get<IssueTokenRequest>(by_header)),
       "a client is the same by header and by form", form);
}

}  // namespace

bool Try(absl::string_view input) {
  const absl::string_view authorization = input.substr(0, input.find('\n'));
  const absl::string_view form = input.substr(std::min(input.size(), authorization.size() + 1));
  const auto read = ReadTokenRequest(Request(authorization), form);
  if (std::holds_alternative<gateway::http::Response>(read)) {
    const auto& answer = std::get<gateway::http::Response>(read);
    Must(answer.status == 400 || answer.status == 401, "a refusal is the client's fault", absl::StrCat(answer.status));
    const auto body = nlohmann::json::parse(answer.body, nullptr, false);
    Must(body.is_object() && body.contains("error") && body.contains("error_description"), "as the RFC says it",
         answer.body);
    return false;
  }
  const auto& ask = std::get<IssueTokenRequest>(read);
  Must(ask.grant_type() == "client_credentials" || ask.grant_type() == "password", "a grant that we know", input);
  Must(!ask.principal().empty() && !ask.secret().empty(), "who, and its secret", input);
  Must(gateway::codec::IsUtf8(ask.principal()) && gateway::codec::IsUtf8(ask.secret()), "what gRPC carries is UTF-8",
       input);
  if (!absl::StrContains(ask.principal(), "//")) MustReadAgain(ask);
  return true;
}

}  // namespace edudelta::fuzz
