#include "gateway/cli/session.h"

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "gateway/cli/failure.h"
#include "gateway/cli/text.h"

namespace edudelta::gateway::cli {
namespace {

constexpr char kDefaultServer[] = "https://127.0.0.1:8443";
constexpr int kAttempts = 3;
constexpr absl::Duration kPause = absl::Milliseconds(300);
constexpr absl::Duration kSlowDown = absl::Seconds(5);
// A token about to run out is renewed before it is used.
constexpr absl::Duration kMargin = absl::Seconds(15);
constexpr int64_t kPage = 1000;

}  // namespace

std::string PathOf(absl::string_view name, const Query& query) {
  std::string path = absl::StrCat("/v1/", EncodePath(name));
  char separator = '?';
  for (const auto& [key, value] : query) {
    if (value.empty()) continue;
    absl::StrAppend(&path, std::string(1, separator), key, "=", EncodeQuery(value));
    separator = '&';
  }
  return path;
}

absl::StatusOr<std::unique_ptr<Session>> Session::Make(Globals globals, std::ostream& out, std::ostream& err) {
  std::unique_ptr<Session> session(new Session(std::move(globals), out, err));
  Globals& options = session->globals_;
  while (absl::EndsWith(options.server, "/")) options.server.pop_back();
  if (!options.ca.empty()) options.ca = std::filesystem::absolute(options.ca).string();
  const absl::StatusOr<Login> saved = LoadLogin();
  if (options.server.empty()) options.server = saved.ok() ? saved->server : kDefaultServer;
  // A token goes to the server that gave it, and to no other.
  if (saved.ok() && saved->server == options.server) {
    session->login_ = *saved;
    session->saved_ = true;
    if (options.ca.empty()) options.ca = saved->ca;
  }
  ASSIGN_OR_RETURN(session->http_, Http::Make(options.server, options.ca, absl::Seconds(options.timeout)));
  ASSIGN_OR_RETURN(const Credentials told, session->credentials());
  if (told.known() && told.principal != session->login_.principal) {
    session->login_ = Login{};
    session->saved_ = false;
  }
  session->login_.server = options.server;
  session->login_.ca = options.ca;
  return session;
}

absl::StatusOr<Credentials> Session::credentials() const {
  Credentials credentials;
  if (!globals_.user.empty() && !globals_.client.empty()) {
    return Fail(Exit::kUsage, "--user 和 --client 只能用一个");
  }
  if (!globals_.user.empty()) {
    ASSIGN_OR_RETURN(credentials.principal, PrincipalName(globals_.user, "users"));
  } else if (!globals_.client.empty()) {
    ASSIGN_OR_RETURN(credentials.principal, PrincipalName(globals_.client, "clients"));
  } else {
    credentials.principal = login_.principal;
  }
  const bool client = absl::StrContains(credentials.principal, "/clients/");
  credentials.secret_file = client ? globals_.secret_file : globals_.password_file;
  return credentials;
}

absl::Status Session::SignInPatiently(const Credentials& told) {
  absl::Status status = SignIn(*http_, told, &login_);
  // A flood of sign-ins is slowed down; somebody else may have made it.
  for (int attempt = 1; ReasonOf(status) == "slow_down" && attempt < kAttempts; ++attempt) {
    absl::SleepFor(kSlowDown);
    status = SignIn(*http_, told, &login_);
  }
  return status;
}

absl::Status Session::SignInAndSave() {
  ASSIGN_OR_RETURN(const Credentials told, credentials());
  if (!told.known()) return Fail(Exit::kUsage, "请用 --user 或 --client 说明以谁登录");
  RETURN_IF_ERROR(SignInPatiently(told));
  return SaveLogin(login_);
}

absl::Status Session::Renew() {
  ASSIGN_OR_RETURN(const Credentials told, credentials());
  if (!told.known()) return Fail(Exit::kRefused, "没有登录，请先执行 edudelta login");
  if (told.secret_file.empty()) {
    if (login_.token.empty()) return Fail(Exit::kRefused, "没有登录，请先执行 edudelta login");
    return Fail(
        Exit::kRefused,
        absl::StrCat(told.principal, " 的登录已过期，请重新执行 edudelta login，或给出 --password-file 以自动续登"));
  }
  RETURN_IF_ERROR(SignInPatiently(told));
  return saved_ ? SaveLogin(login_) : absl::OkStatus();
}

absl::Status Session::EnsureToken() {
  if (!login_.token.empty() && login_.expire_time - kMargin > absl::Now()) return absl::OkStatus();
  return Renew();
}

absl::StatusOr<HttpResponse> Session::SendPatiently(const HttpRequest& request, const std::function<bool()>& rewind) {
  for (int attempt = 1;; ++attempt) {
    absl::StatusOr<HttpResponse> response = http_->Send(request);
    const bool again = response.ok() ? response->status == 503 : absl::IsUnavailable(response.status());
    // What a sink has taken cannot be taken back.
    if (!again || attempt == kAttempts || request.sink) return response;
    if (request.upload && (rewind == nullptr || !rewind())) return response;
    absl::SleepFor(kPause * attempt * attempt);
  }
}

absl::StatusOr<HttpResponse> Session::Send(HttpRequest request, const std::function<bool()>& rewind) {
  RETURN_IF_ERROR(EnsureToken());
  if (!globals_.purpose.empty())
    request.headers.push_back(absl::StrCat("Edudelta-Purpose: ", Printable(globals_.purpose)));
  if (!globals_.case_number.empty()) {
    request.headers.push_back(absl::StrCat("Edudelta-Case-Number: ", Printable(globals_.case_number)));
  }
  request.headers.push_back(absl::StrCat("Authorization: Bearer ", login_.token));
  ASSIGN_OR_RETURN(HttpResponse response, SendPatiently(request, rewind));
  if (response.status == 401 && Renew().ok() && (!request.upload || (rewind != nullptr && rewind()))) {
    request.headers.back() = absl::StrCat("Authorization: Bearer ", login_.token);
    ASSIGN_OR_RETURN(response, SendPatiently(request, rewind));
  }
  if (!response.ok()) return FromServer(response.status, response.body);
  return response;
}

absl::StatusOr<Json> Session::Get(const std::string& path) {
  HttpRequest request;
  request.path = path;
  ASSIGN_OR_RETURN(const HttpResponse response, Send(std::move(request)));
  Json answer = ParseJson(response.body);
  if (answer.is_discarded()) return Fail(Exit::kServer, "服务器的应答不是 JSON");
  return answer;
}

absl::StatusOr<Json> Session::Write(const std::string& method, const std::string& path, const Json& body,
                                    const std::string& etag) {
  HttpRequest request;
  request.method = method;
  request.path = path;
  request.headers = {absl::StrCat("Idempotency-Key: ", NewRequestId())};
  // The server shows it with its quotes.
  absl::string_view version = etag;
  if (!absl::ConsumePrefix(&version, "\"") || !absl::ConsumeSuffix(&version, "\"")) version = etag;
  if (!etag.empty()) request.headers.push_back(absl::StrCat("If-Match: \"", Printable(version), "\""));
  if (!body.is_null()) {
    request.headers.push_back("Content-Type: application/json");
    request.body = Dump(body);
  }
  ASSIGN_OR_RETURN(const HttpResponse response, Send(std::move(request)));
  if (response.body.empty()) return Json::object();
  Json answer = ParseJson(response.body);
  if (answer.is_discarded()) return Fail(Exit::kServer, "服务器的应答不是 JSON");
  return answer;
}

absl::Status Session::List(absl::string_view collection, Query query, int64_t limit,
                           const std::function<void(Json row)>& take, bool* more) {
  query.emplace_back("page_size", "");
  query.emplace_back("page_token", "");
  int64_t taken = 0;
  while (true) {
    query[query.size() - 2].second = absl::StrCat(limit == 0 ? kPage : std::min(kPage, limit - taken));
    ASSIGN_OR_RETURN(Json page, Get(PathOf(collection, query)));
    for (auto& [key, member] : page.items()) {
      if (!member.is_array()) continue;
      taken += static_cast<int64_t>(member.size());
      for (Json& row : member) take(std::move(row));
    }
    query.back().second = Text(page, "next_page_token");
    const bool last = query.back().second.empty();
    if (more != nullptr) *more = !last;
    if (last || (limit > 0 && taken >= limit)) return absl::OkStatus();
  }
}

void Session::Note(absl::string_view text) {
  if (!globals_.quiet) err_ << text << '\n';
}

}  // namespace edudelta::gateway::cli
