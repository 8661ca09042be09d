#pragma once

#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "edudelta/exchange/v1/token.pb.h"
#include "gateway/http/message.h"

// POST /oauth2/token (RFC 6749): client_credentials for clients, by HTTP Basic or in the form, and password for the
// built-in users. Pure functions.
namespace edudelta::gateway::auth {

// What to ask exchange, or the answer to a request that is not understood. "jiading/clerk" stands for
// "organizations/jiading/users/clerk", or ".../clients/clerk" of a client.
std::variant<exchange::v1::IssueTokenRequest, http::Response> ReadTokenRequest(const http::Request& request,
                                                                               absl::string_view body);

// The answer by the outcome of exchange.IssueToken.
http::Response TokenAnswer(absl::string_view grant_type,
                           const absl::StatusOr<exchange::v1::IssueTokenResponse>& issued);

}  // namespace edudelta::gateway::auth
