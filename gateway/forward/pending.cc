#include "gateway/forward/pending.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/log/call_choice.h"
#include "common/rpc/errors.h"
#include "edudelta/resource/v1/import.pb.h"
#include "gateway/forward/answer.h"
#include "gateway/forward/headers.h"
#include "prometheus/counter.h"
#include "prometheus/histogram.h"

namespace edudelta::gateway::forward {
namespace {

// Nothing else that a client makes up is repeated, in logs least of all: it could be anything, a person's number too.
std::string RequestIdOf(absl::string_view given) { return IsUuid(given) ? std::string(given) : NewUuid(); }

constexpr int kClientGone = 499;

// Whether it was done, and if not, whose doing that is.
std::string ResultOf(int status) {
  if (status < 400) return "done";
  if (status == kClientGone) return "gone";
  return status < 500 ? "refused" : "failed";
}

std::string ResultOf(const absl::Status& status) { return ResultOf(status.ok() ? 200 : HttpStatusOf(status.code())); }

// "organizations/kunshan" without what all have.
std::string OrganizationOf(const policy::Decision& decision) {
  return std::string(absl::StripPrefix(decision.caller.organization(), "organizations/"));
}

}  // namespace

Tally::Tally(metrics::Registry& registry, const log::Logger& logger, const Clock& clock, Failpoints* failpoints,
             int log_one_call_in)
    : registry_(registry), logger_(logger), clock_(clock), failpoints_(failpoints), log_one_call_in_(log_one_call_in) {}

void Tally::CountBackendError(absl::string_view service, absl::string_view code) {
  registry_
      .Counter("edudelta_backend_errors_total", "Calls to services that failed, by service and code.",
               {{"service", std::string(service)}, {"code", std::string(code)}})
      .Increment();
}

void Tally::CountUnrecordedDenials(std::int64_t count) {
  registry_.Counter("edudelta_denials_unrecorded_total", "Denials of partners that left no entry in the evidence log.")
      .Increment(static_cast<double>(count));
}

void Tally::CountUnrecordedCut() {
  registry_
      .Counter("edudelta_cuts_unrecorded_total",
               "Exports that were cut off without an entry that says how far they came.")
      .Increment();
}

void Tally::CountPartner(const policy::Decision& decision, int status, absl::string_view reason) {
  std::string outcome = ResultOf(status);
  if (outcome == "done") outcome = "allowed";
  if (outcome == "refused") outcome = "denied";
  registry_.Count("edudelta_partner_requests_total", "Requests of partners, by what became of them and why.",
                  {{"organization", OrganizationOf(decision)}, {"outcome", outcome}, {"reason", std::string(reason)}});
}

void Tally::CountPartnerRecords(const policy::Decision& decision, std::int64_t records) {
  registry_.Count("edudelta_partner_records_total", "Records that left for partners.",
                  {{"organization", OrganizationOf(decision)}, {"dataset", decision.dataset}},
                  static_cast<double>(records));
}

void Tally::CountImported(const std::string& dataset, const resource::v1::ImportResponse& rows) {
  const auto count = [&](const char* result, std::int64_t number) {
    registry_.Count("edudelta_import_rows_total", "Rows of imports, by what became of them.",
                    {{"dataset", dataset}, {"result", result}}, static_cast<double>(number));
  };
  count("created", rows.created_count());
  count("updated", rows.updated_count());
  count("unchanged", rows.unchanged_count());
  count("refused", rows.error_count());
}

void Tally::CountImport(const std::string& dataset, const absl::Status& ended, absl::Duration took) {
  registry_.Observe("edudelta_import_seconds", "Imports, from the head of the request to its answer.",
                    {{"dataset", dataset}, {"result", ResultOf(ended)}}, absl::ToDoubleSeconds(took));
}

void Tally::CountExport(const std::string& dataset, const absl::Status& ended, std::int64_t rows) {
  registry_.Count("edudelta_export_rows_total", "Rows that exports sent, by how the export ended.",
                  {{"dataset", dataset}, {"result", ResultOf(ended)}}, static_cast<double>(rows));
}

void Tally::Enter() {
  absl::MutexLock lock(&mutex_);
  ++running_;
}

void Tally::Leave() {
  absl::MutexLock lock(&mutex_);
  --running_;
}

void Tally::AwaitNone() {
  const auto none = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return running_ == 0; };
  absl::MutexLock lock(&mutex_, absl::Condition(&none));
}

void Tally::Record(const Pending& pending, int status, absl::string_view reason, absl::Time ended) {
  const double seconds = absl::ToDoubleSeconds(ended - pending.started);
  {
    absl::MutexLock lock(&series_mutex_);
    auto& total = totals_[absl::StrCat(pending.label, " ", status)];
    if (total == nullptr) {
      total = &registry_.Counter("edudelta_http_requests_total", "HTTP requests by method and status.",
                                 {{"method", pending.label}, {"code", absl::StrCat(status)}});
    }
    auto& histogram = seconds_[pending.label];
    if (histogram == nullptr) {
      histogram = &registry_.Seconds("edudelta_http_request_seconds", "From the head of a request to its answer.",
                                     {{"method", pending.label}});
    }
    total->Increment();
    histogram->Observe(seconds);
  }
  const bool partner = pending.decision.partner();
  if (partner) CountPartner(pending.decision, status, reason);
  if (!partner && !log::TakesCall(log_one_call_in_, status >= 400, pending.trace.trace_id)) return;
  log::Fields fields = {{"http_method", pending.request().method},
                        {"method", pending.label},
                        {"status", status},
                        {"seconds", seconds},
                        {"request_id", pending.request_id},
                        {"peer", pending.request().peer}};
  const auto add = [&](absl::string_view key, absl::string_view value) {
    if (!value.empty()) fields.emplace_back(key, value);
  };
  add("reason", reason);
  add("principal", pending.decision.caller.principal());
  add("district", pending.decision.district);
  if (pending.decision.agreement != nullptr) add("agreement", pending.decision.agreement->name());
  if (pending.sequence > 0) fields.emplace_back("entry", pending.sequence);
  logger_.Info("request", fields, pending.trace.trace_id);
}

Pending::Pending(Tally& tally, const codec::JsonCodec& json, std::shared_ptr<http::Exchange> from)
    : exchange(std::move(from)),
      trace(rpc::ContinueTrace(exchange->request().Header("traceparent"))),
      request_id(RequestIdOf(exchange->request().Header("x-request-id"))),
      started(tally.clock().Now()),
      deadline(absl::InfiniteFuture()),
      tally_(tally),
      json_(json) {
  tally_.Enter();
}

Pending::~Pending() { tally_.Leave(); }

void Pending::AddCommonHeaders(http::Headers* headers) const {
  headers->emplace_back("X-Request-Id", request_id);
  headers->emplace_back("traceparent", trace.traceparent);
  headers->emplace_back("X-Content-Type-Options", "nosniff");
  if (sequence > 0) headers->emplace_back("Edudelta-Entry", absl::StrCat(sequence));
  if (!digest_key.empty()) headers->emplace_back("Edudelta-Entry-Key", absl::BytesToHexString(digest_key));
  // What is read here is personal, secret or of this moment, unless its answer says otherwise.
  const auto caches = [](const auto& header) { return header.first == "Cache-Control"; };
  if (!absl::c_any_of(*headers, caches)) headers->emplace_back("Cache-Control", "no-store");
}

void Pending::Answer(http::Response response, absl::string_view reason) {
  if (answered_.exchange(true)) return;
  AddCommonHeaders(&response.headers);
  // What is read; what a call makes may be a secret.
  const bool read = match.route != nullptr && routes::Reads(*match.route);
  if (read && (response.status == 200 || response.status == 304)) Encode(request(), &response);
  const int status = response.status;
  const bool forwarded = status == 200 && match.route != nullptr;
  if (forwarded && tally_.failpoints_ != nullptr) tally_.failpoints_->Pass("before_reply");
  // Told first: whoever has read the answer finds it counted.
  tally_.Record(*this, status, reason, Now());
  exchange->Send(std::move(response));
}

void Pending::Fail(const absl::Status& status) {
  http::Response response = ErrorAnswer(status, trace.trace_id, json_);
  const std::string reason = ReasonOf(status);
  // What exceeds a limit of the edge has its own HTTP status.
  if (reason == "BODY_TOO_LARGE") response.status = 413;
  if (reason == "BODY_TIMEOUT") response.status = 408;
  if (IsFailedPrecondition(request(), status)) response.status = 412;
  if (response.status == 429) {
    const auto seconds = absl::ToInt64Seconds(absl::Ceil(retry_after, absl::Seconds(1)));
    response.headers.emplace_back("Retry-After", absl::StrCat(seconds));
  }
  Answer(std::move(response), reason.empty() ? rpc::CodeName(status.code()) : absl::string_view(reason));
}

void Pending::AnswerMethods(const std::string& allow) {
  const bool asked = request().method == "OPTIONS";
  http::Response response = {204, {}, ""};
  if (!asked) {
    response = ErrorAnswer(Error(absl::StatusCode::kUnimplemented, "METHOD_NOT_ALLOWED", "该地址不支持此 HTTP 方法"),
                           trace.trace_id, json_);
    response.status = 405;
  }
  response.headers.emplace_back("Allow", allow);
  Answer(std::move(response), asked ? "" : "METHOD_NOT_ALLOWED");
}

void Pending::Ended(int status, absl::string_view reason) {
  if (!answered_.exchange(true)) tally_.Record(*this, status, reason, Now());
}

}  // namespace edudelta::gateway::forward
