#include "gateway/forward/builtin.h"

#include <utility>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/retry.h"
#include "common/crypto/digest.h"
#include "common/describe/describe.h"
#include "common/rpc/client.h"
#include "edudelta/exchange/v1/token.pb.h"
#include "gateway/auth/oauth.h"
#include "gateway/forward/answer.h"
#include "gateway/forward/headers.h"
#include "nlohmann/json.hpp"

namespace edudelta::gateway::forward {
namespace {

constexpr std::size_t kFormBytes = 16 << 10;
constexpr absl::Duration kIssueLimit = absl::Seconds(10);

http::Response Json(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

struct Issuing {
  Issuing(exchange::v1::IssueTokenRequest ask, absl::Time deadline, absl::string_view traceparent)
      : context(rpc::ServiceCaller("gateway"), deadline, traceparent), request(std::move(ask)) {}
  rpc::Context context;
  exchange::v1::IssueTokenRequest request;
  exchange::v1::IssueTokenResponse response;
};

}  // namespace

Builtin::Builtin(const Content& content, Backends& backends, policy::Store& store, const codec::JsonCodec& json)
    : openapi_(content.openapi),
      catalog_(content.catalog),
      backends_(backends),
      store_(store),
      json_(json),
      issue_token_(*describe::FindService("exchange")->FindMethodByName("IssueToken")),
      logins_(content.logins_per_second, content.login_burst) {}

Builtin::Document::Document(std::string text)
    : plain(std::make_shared<std::string>(std::move(text))),
      etag(absl::StrCat("\"", absl::BytesToHexString(crypto::Sm3(*plain).substr(0, 16)), "\"")) {
  if (auto zipped = http::Gzip::Whole(*plain)) gzip = std::make_shared<std::string>(*std::move(zipped));
}

void Builtin::AnswerDocument(Pending& pending, const Document& document) {
  const bool gzip = document.gzip != nullptr && AcceptedCoding(pending.request()) != http::Accepted::kPlain;
  http::Response response = Json(200, "");
  response.headers.emplace_back("Cache-Control", "max-age=60");
  response.headers.emplace_back("Vary", "Accept-Encoding");
  response.headers.emplace_back("ETag", document.etag);
  if (const absl::Status met = MeetPreconditions(pending.request(), &response); !met.ok()) return pending.Fail(met);
  if (response.status == 200) {
    response.document = gzip ? document.gzip : document.plain;
    if (gzip) MarkGzip(&response.headers);
  }
  pending.Answer(std::move(response));
}

bool Builtin::Handle(const std::shared_ptr<Pending>& pending) {
  const absl::string_view path = pending->request().path();
  const auto is = [&](absl::string_view endpoint) { return path == endpoint; };
  const bool token = is("/oauth2/token");
  if (!token && !is("/healthz") && !is("/readyz") && !is("/status") && !is("/openapi.json") && !is("/catalog") &&
      !is("/.well-known/jwks.json")) {
    return false;
  }
  pending->label = std::string(path.substr(1));
  const std::string& method = pending->request().method;
  if (token ? method != "POST" : method != "GET" && method != "HEAD") {
    pending->AnswerMethods(token ? "POST, OPTIONS" : "GET, HEAD, OPTIONS");
  } else if (token) {
    Token(pending);
  } else if (auto probed = Probe(path)) {
    pending->Answer(*std::move(probed));
  } else if (is("/openapi.json")) {
    AnswerDocument(*pending, openapi_);
  } else if (is("/catalog")) {
    AnswerDocument(*pending, catalog_);
  } else {
    Keys(*pending);
  }
  return true;
}

std::optional<http::Response> Builtin::Probe(absl::string_view path) const {
  if (path == "/healthz") return Json(200, R"({"status":"ok"})");
  if (path == "/readyz" || path == "/status") return Ready(path == "/status");
  return std::nullopt;
}

http::Response Builtin::Ready(bool with_services) const {
  // Without a policy it can answer nobody. One that has grown stale answers for itself, with the reason: that exchange
  // is away must not take every gateway out of its balancer.
  const bool loaded = store_.Latest() != nullptr;
  const bool ready = loaded && !draining_;
  bool serving = ready && store_.Fresh().ok();
  nlohmann::json services = nlohmann::json::object();
  for (const auto& [service, is_serving] : backends_.Serving()) {
    services[service] = is_serving;
    serving = serving && is_serving;
  }
  const nlohmann::json body = {{"ready", ready},
                               {"serving", serving},
                               {"policy_loaded", loaded},
                               {"policy_fresh", store_.Fresh().ok()},
                               {"draining", draining_.load()},
                               {"services", services}};
  return Json((with_services ? serving : ready) ? 200 : 503, body.dump());
}

void Builtin::Keys(Pending& pending) {
  const auto snapshot = store_.Latest();
  if (snapshot == nullptr || snapshot->jwks.empty()) return pending.Fail(store_.Fresh().status());
  std::shared_ptr<const Document> keys;
  {
    // Made once: anybody may ask for them as often as they like.
    absl::MutexLock lock(&keys_mutex_);
    if (keys_ == nullptr || *keys_->plain != snapshot->jwks) keys_ = std::make_shared<const Document>(snapshot->jwks);
    keys = keys_;
  }
  AnswerDocument(pending, *keys);
}

void Builtin::Token(const std::shared_ptr<Pending>& pending) {
  pending->exchange->ReadAll(kFormBytes, [this, pending](absl::StatusOr<std::string> body) {
    if (!body.ok()) return pending->Fail(body.status());
    Issue(pending, *body);
  });
}

void Builtin::Issue(const std::shared_ptr<Pending>& pending, absl::string_view body) {
  auto read = auth::ReadTokenRequest(pending->request(), body);
  if (auto* refusal = std::get_if<http::Response>(&read)) {
    return pending->Answer(std::move(*refusal), "TOKEN_REQUEST_INVALID");
  }
  // Only what comes as far as a password is counted: others at the address must not pay for what is malformed.
  if (const auto wait = logins_.Take(pending->request().share, pending->Now())) {
    const absl::Status limited = RetryIn(*wait, absl::ResourceExhaustedError(""));
    return pending->Answer(auth::TokenAnswer("", limited), "RATE_LIMITED");
  }
  std::get<exchange::v1::IssueTokenRequest>(read).set_address(pending->request().share);
  auto issuing = std::make_shared<Issuing>(std::move(std::get<exchange::v1::IssueTokenRequest>(read)),
                                           pending->Now() + kIssueLimit, pending->trace.traceparent);
  issuing->context.get()->set_wait_for_ready(backends_.WaitsUntil("exchange") > pending->Now());
  rpc::InvokeAsync(*backends_.ChannelOf("exchange"), issue_token_, issuing->context, issuing->request,
                   &issuing->response, [pending, issuing](const absl::Status& status) {
                     absl::StatusOr<exchange::v1::IssueTokenResponse> issued = issuing->response;
                     if (!status.ok()) issued = status;
                     const std::string reason = status.ok() ? "" : ReasonOf(issued.status());
                     pending->Answer(auth::TokenAnswer(issuing->request.grant_type(), issued), reason);
                   });
}

}  // namespace edudelta::gateway::forward
