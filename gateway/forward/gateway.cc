#include "gateway/forward/gateway.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/base/thread_annotations.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/codes/code_sets.h"
#include "common/describe/access.h"
#include "common/rpc/stream_places.h"
#include "common/rpc/worker_pool.h"
#include "edudelta/exchange/v1/access_entry.pb.h"
#include "edudelta/exchange/v1/user.pb.h"
#include "gateway/auth/authenticator.h"
#include "gateway/forward/answer.h"
#include "gateway/forward/builtin.h"
#include "gateway/forward/evidence.h"
#include "gateway/forward/headers.h"
#include "gateway/forward/pace.h"
#include "gateway/forward/pending.h"
#include "gateway/forward/refusals.h"
#include "gateway/forward/streams.h"
#include "gateway/forward/unary.h"
#include "gateway/http/rate_limiter.h"
#include "gateway/routes/catalog.h"
#include "gateway/routes/openapi.h"
#include "google/rpc/status.pb.h"
#include "prometheus/gauge.h"

namespace edudelta::gateway::forward {
namespace {

// The caller was told no; not: something is out of order here.
bool IsDenial(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return true;
    default:
      return ReasonOf(status) == "QUOTA_EXCEEDED";
  }
}

using describe::MethodKind;
using google::protobuf::Descriptor;
using google::protobuf::Message;
using google::protobuf::ServiceDescriptor;
using Services = std::vector<const ServiceDescriptor*>;

constexpr absl::Duration kDenialLimit = absl::Seconds(2);
// Denials whose entries are being written; beyond it they are told without, and counted.
constexpr int kMostDenials = 64;

std::vector<const Descriptor*> TypesOf(const Services& services) {
  std::vector<const Descriptor*> types = {google::rpc::Status::descriptor()};
  for (const ServiceDescriptor* service : services) {
    for (int i = 0; i < service->method_count(); ++i) {
      types.push_back(service->method(i)->input_type());
      types.push_back(service->method(i)->output_type());
    }
  }
  return types;
}

// Of two, nobody could say which one holds.
absl::Status CheckOnce(const http::Request& request) {
  for (const char* name : {"authorization", "edudelta-purpose", "edudelta-case-number", "idempotency-key"}) {
    const auto same = [name](const auto& header) { return header.first == name; };
    if (absl::c_count_if(request.headers, same) > 1) return Invalid(name, "HEADER_REPEATED", "请求头只能出现一次");
  }
  return absl::OkStatus();
}

class TheGateway final : public Gateway {
 public:
  TheGateway(const GatewayOptions& options, const Services& services, std::unique_ptr<routes::RouteTable> table,
             Backends& backends, policy::Store& store, metrics::Registry& registry, const log::Logger& logger,
             const Clock& clock)
      : options_(options),
        table_(std::move(table)),
        json_(TypesOf(services)),
        sensitive_(TypesOf(services)),
        backends_(backends),
        store_(store),
        tally_(registry, logger, clock, options.failpoints, options.log_one_call_in),
        evidence_(backends),
        limiter_(options.rate_per_second, options.rate_burst),
        builtin_({routes::MakeOpenApi(*table_, {}), routes::MakeCatalog(services), options.logins_per_second,
                  options.login_burst},
                 backends, store, json_),
        places_(options.streams_per_principal),
        age_(registry.Gauge("edudelta_policy_age_seconds", "Since the last policy update.")),
        lease_(registry.Gauge("edudelta_policy_lease_seconds", "What is left of the policy's lease.")),
        // No share here: StreamPlaces has said no before, with a number of its own and an answer that says why.
        streams_(options.stream_workers, options.stream_workers, rpc::WorkerPool::Share::kAll,
                 {registry, "stream",
                  registry.Gauge("edudelta_stream_queue_length", "Imports and exports that wait for a worker."),
                  registry.Counter("edudelta_stream_rejected_total", "Imports and exports refused: too many.")}),
        ticker_([this] { Tick(); }) {
    MakeSheets();
  }

  ~TheGateway() override {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    ticker_.join();
    streams_.Close();
    tally_.AwaitNone();
    EnterCounted(absl::InfiniteFuture());
  }

  std::optional<http::Response> Probe(absl::string_view path) const override { return builtin_.Probe(path); }

  void SetDraining() override { builtin_.SetDraining(); }

  void Handle(std::shared_ptr<http::Exchange> exchange) override {
    auto pending = std::make_shared<Pending>(tally_, json_, std::move(exchange));
    const http::Request& request = pending->request();
    const absl::string_view coding = request.Header("content-encoding");
    if (!coding.empty() && !absl::EqualsIgnoreCase(coding, "identity")) return AnswerEncoded(*pending);
    if (builtin_.Handle(pending)) return;
    // Of the server as a whole.
    if (request.target == "*") return pending->AnswerMethods("GET, HEAD, POST, PATCH, DELETE, OPTIONS");
    pending->match = table_->Find(request.method, request.path());
    if (pending->match.route == nullptr) return AnswerUnrouted(*pending);
    const auto* method = pending->match.route->method;
    pending->label = absl::StrCat(describe::ServiceOf(method->file()), ".", method->name());
    pending->method = PathOf(method).substr(1);
    const absl::Status admitted = Admit(*pending);
    if (!admitted.ok()) return Refuse(std::move(pending), admitted);
    IsStream(pending->match.route->shape.kind) ? Stream(std::move(pending)) : Unary(std::move(pending));
  }

 private:
  void MakeSheets() {
    std::set<const Descriptor*> resources;
    for (const auto& route : table_->routes()) {
      if (route->shape.resource != nullptr) resources.insert(route->shape.resource);
    }
    const std::vector<const Descriptor*> all(resources.begin(), resources.end());
    for (const auto& route : table_->routes()) {
      const MethodKind kind = route->shape.kind;
      auto& sheet = sheets_[route->shape.resource];
      if (sheet == nullptr && (kind == MethodKind::kImport || kind == MethodKind::kExport)) {
        sheet = std::make_unique<codec::Sheet>(route->shape.resource, all, codes_);
      }
    }
  }

  void AnswerUnrouted(Pending& pending) {
    if (pending.match.allow.empty()) {
      return pending.Fail(Error(absl::StatusCode::kNotFound, "ROUTE_UNKNOWN", "没有这个地址"));
    }
    pending.AnswerMethods(absl::StrJoin(pending.match.allow, ", "));
  }

  // A compressed body may be any number of times as large.
  void AnswerEncoded(Pending& pending) {
    constexpr char kReason[] = "CONTENT_ENCODING_UNKNOWN";
    http::Response response =
        MediaAnswer("Content-Encoding", kReason, "请求体不能压缩，请按原样发送", pending.trace.trace_id, json_);
    // RFC 9110: what would be read.
    response.headers.emplace_back("Accept-Encoding", "identity");
    pending.Answer(std::move(response), kReason);
  }

  // Who asks, how often, and whether they may.
  absl::Status Admit(Pending& pending) {
    RETURN_IF_ERROR(SetDeadline(pending));
    ASSIGN_OR_RETURN(const auto snapshot, store_.Fresh());
    const http::Request& request = pending.request();
    const auth::TokenRules rules = {snapshot->jwks, snapshot->token_issuer, snapshot->token_audience};
    policy::Ask ask;
    ask.now = pending.Now();
    RETURN_IF_ERROR(CheckOnce(request));
    ASSIGN_OR_RETURN(const auth::Identity identity,
                     authenticator_.Authenticate(request.Header("authorization"), rules, ask.now));
    ask.principal = identity.principal;
    ask.token_generation = identity.token_generation;
    if (const auto wait = limiter_.Take(ask.principal, ask.now)) {
      pending.retry_after = *wait;
      return Error(absl::StatusCode::kResourceExhausted, "RATE_LIMITED", "请求过于频繁，请稍后重试");
    }
    ask.purpose = std::string(request.Header("edudelta-purpose"));
    ask.case_number = std::string(request.Header("edudelta-case-number"));
    RETURN_IF_ERROR(CheckPurposeAndCase(request, ask.now));
    const routes::Route& route = *pending.match.route;
    ask.kind = route.shape.kind;
    ask.pattern = route.shape.pattern.text;
    ask.target = pending.match.name;
    ask.dataset = ask.kind == MethodKind::kCustom ? route.method->options().GetExtension(options::v1::method).dataset()
                                                  : describe::DatasetOf(route.shape.resource);
    ask.changes_own_password = route.method->input_type() == exchange::v1::ChangeUserPasswordRequest::descriptor() &&
                               ask.target == ask.principal;
    pending.decision = policy::Decide(*snapshot, ask);
    // A partner is told by the agreement.
    const bool unknown = !ask.purpose.empty() && !codes_.Contains("SHARING_PURPOSE", ask.purpose);
    if (unknown && pending.decision.status.ok() && !pending.decision.partner()) {
      return Invalid("Edudelta-Purpose", "PURPOSE_UNKNOWN", "没有这个用途代码");
    }
    RETURN_IF_ERROR(pending.decision.status);
    return MayStream(pending);
  }

  // Whoever can have no row there takes no place, and nothing of a body is read.
  static absl::Status MayStream(const Pending& pending) {
    const auto& shape = pending.match.route->shape;
    if (!IsStream(shape.kind) || pending.decision.partner()) return absl::OkStatus();
    const auto roles = describe::RolesOf(*describe::ResourceOf(shape.resource), shape.kind);
    return describe::MayHoldBelow(pending.decision.caller, roles, shape.resource, pending.match.name)
               ? absl::OkStatus()
               : describe::RoleMissing();
  }

  static bool IsStream(MethodKind kind) { return kind == MethodKind::kImport || kind == MethodKind::kExport; }

  absl::Status SetDeadline(Pending& pending) const {
    absl::Duration timeout =
        IsStream(pending.match.route->shape.kind) ? options_.stream_timeout : options_.default_timeout;
    if (const absl::string_view given = pending.request().Header("edudelta-timeout-ms"); !given.empty()) {
      std::int64_t milliseconds = 0;
      if (!absl::SimpleAtoi(given, &milliseconds) || milliseconds < 1) {
        return Invalid("Edudelta-Timeout-Ms", "TIMEOUT_INVALID", "超时须为正整数毫秒");
      }
      timeout = std::min(timeout, absl::Milliseconds(milliseconds));
    }
    pending.deadline = pending.started + timeout;
    return absl::OkStatus();
  }

  // A partner's denial leaves its entry too, if that can be had soon: by policy, by the service, or by the quota.
  void Refuse(std::shared_ptr<Pending> pending, const absl::Status& status) {
    if (!pending->decision.partner() || !IsDenial(status)) return pending->Fail(status);
    auto entry = EntryOf(*pending);
    entry.set_outcome(exchange::v1::AccessEntry::OUTCOME_DENIED);
    entry.set_reason(ReasonOf(status));
    const auto snapshot = store_.Latest();
    const std::string keeper = snapshot == nullptr ? "" : policy::RegisteredDistrict(*snapshot, entry.district());
    const Refusals::Counted counted = refusals_.Count(&entry, keeper, pending->Now());
    pending->sequence = counted.sequence;
    if (counted.place == Refusals::Place::kNone) tally_.CountUnrecordedDenials(1);
    if (counted.place != Refusals::Place::kFirst) return pending->Fail(status);
    if (denials_.fetch_add(1) >= kMostDenials) {
      denials_.fetch_sub(1);
      NotEntered(entry, absl::UnavailableError("too many at once"));
      return pending->Fail(status);
    }
    const absl::Time deadline = pending->Now() + kDenialLimit;
    evidence_.Record(entry, deadline, pending->trace.traceparent,
                     [this, pending, status, entry](const Evidence::Recorded& recorded) {
                       denials_.fetch_sub(1);
                       if (recorded.ok()) {
                         pending->sequence = recorded->sequence();
                         refusals_.Entered(entry, recorded->sequence());
                       } else {
                         NotEntered(entry, recorded.status());
                       }
                       pending->Fail(status);
                     });
  }

  // What may be taken another time is tried again.
  void NotEntered(const exchange::v1::RecordRequest& refusal, const absl::Status& why) {
    tally_.CountUnrecordedDenials(absl::IsUnavailable(why) ? refusals_.NotEntered(refusal, tally_.clock().Now())
                                                           : std::int64_t{1} + refusal.repeat_count());
  }

  // Blocks, not for long: what exchange does not take soon waits for its next turn.
  void EnterCounted(absl::Time ended_by) {
    const absl::Time until = tally_.clock().Now() + kDenialLimit;
    absl::Status status;
    for (const auto& refusal : refusals_.TakeEnded(ended_by)) {
      if (!absl::IsUnavailable(status)) status = evidence_.RecordNow(refusal, until, "").status();
      if (!status.ok()) NotEntered(refusal, status);
    }
  }

  // Blocks as long as a service that was there a moment ago may come back.
  std::shared_ptr<grpc::Channel> AwaitChannel(const Pending& pending) const {
    const std::string service(describe::ServiceOf(pending.match.route->method->file()));
    auto channel = backends_.ChannelOf(service);
    channel->WaitForConnected(absl::ToChronoTime(std::min(pending.deadline, backends_.WaitsUntil(service))));
    return channel;
  }

  void Unary(std::shared_ptr<Pending> pending) {
    const http::Request& request = pending->request();
    if (request.Header("content-length").empty() && request.Header("transfer-encoding").empty()) {
      return Forward(std::move(pending), "");
    }
    auto exchange = pending->exchange;
    exchange->ReadAll(options_.json_bytes, [this, pending = std::move(pending)](absl::StatusOr<std::string> body) {
      if (!body.ok()) return pending->Fail(body.status());
      Forward(pending, *body);
    });
  }

  void Forward(std::shared_ptr<Pending> pending, absl::string_view body) {
    auto filled = routes::FillRequest(pending->match, pending->request().query(), body, json_);
    if (!filled.ok()) return pending->Fail(filled.status());
    pending->asked = AskedOf(*filled->request, pending->match.route->shape.resource);
    const absl::Status status =
        FillFromHeaders(pending->request(), *pending->match.route, pending->decision.partner(), filled->request.get());
    if (!status.ok()) return pending->Fail(status);
    ForwardUnary({json_, sensitive_, backends_, evidence_, tally_, refuse_}, std::move(pending),
                 std::move(filled->request));
  }

  void Stream(std::shared_ptr<Pending> pending) {
    auto filled = routes::FillRequest(pending->match, pending->request().query(), "", json_);
    if (!filled.ok()) return pending->Fail(filled.status());
    pending->asked = AskedOf(*filled->request, pending->match.route->shape.resource);
    const absl::Status status =
        FillFromHeaders(pending->request(), *pending->match.route, pending->decision.partner(), filled->request.get());
    if (!status.ok()) return pending->Fail(status);
    auto work = std::make_shared<routes::Filled>(*std::move(filled));
    auto place = places_.Take(pending->decision.caller.principal());
    if (place == nullptr) {
      return pending->Fail(
          Error(absl::StatusCode::kResourceExhausted, "STREAM_LIMIT", "您同时进行的导入导出过多，请等其中一项结束"));
    }
    const auto answer = streams_.Submit(pending->decision.caller.principal(), [this, pending, work, place] {
      const Pace pace(options_.upload_grace, options_.upload_bytes_per_second);
      const StreamParts parts = {json_, sensitive_, sheets_, evidence_, tally_, store_, pace, refuse_};
      const auto channel = AwaitChannel(*pending);
      pending->match.route->shape.kind == MethodKind::kImport ? RunImport(parts, channel, *pending, *work)
                                                              : RunExport(parts, channel, *pending, *work);
    });
    if (answer != rpc::WorkerPool::Answer::kAccepted) {
      pending->Fail(Error(absl::StatusCode::kUnavailable, "GATEWAY_BUSY", "同时进行的导入导出过多，请稍后重试"));
    }
  }

  void Tick() {
    for (bool stopping = false; !stopping;) {
      age_.Set(absl::ToDoubleSeconds(store_.Age()));
      lease_.Set(absl::ToDoubleSeconds(store_.Lease()));
      EnterCounted(tally_.clock().Now());
      absl::MutexLock lock(&mutex_);
      stopping = mutex_.AwaitWithTimeout(absl::Condition(&stopping_), absl::Seconds(1));
    }
  }

  const GatewayOptions options_;
  const std::function<void(const std::shared_ptr<Pending>&, const absl::Status&)> refuse_ =
      [this](const std::shared_ptr<Pending>& pending, const absl::Status& status) { Refuse(pending, status); };
  const std::unique_ptr<routes::RouteTable> table_;
  const codec::JsonCodec json_;
  const SensitiveTypes sensitive_;
  const codes::CodeSets codes_ = codes::CodeSets::Embedded();
  std::map<const Descriptor*, std::unique_ptr<codec::Sheet>> sheets_;
  Backends& backends_;
  policy::Store& store_;
  Tally tally_;
  Evidence evidence_;
  auth::Authenticator authenticator_;
  http::RateLimiter limiter_;
  Builtin builtin_;
  Refusals refusals_;
  std::atomic<int> denials_{0};
  rpc::StreamPlaces places_;
  prometheus::Gauge& age_;
  prometheus::Gauge& lease_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  rpc::WorkerPool streams_;
  std::thread ticker_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Make(const GatewayOptions& options, const Services& services,
                                                       Backends& backends, policy::Store& store,
                                                       metrics::Registry& registry, const log::Logger& logger,
                                                       const Clock& clock) {
  if (backends.ChannelOf("exchange") == nullptr) return absl::InvalidArgumentError("the gateway needs exchange");
  ASSIGN_OR_RETURN(auto table, routes::RouteTable::Make(services));
  return std::unique_ptr<Gateway>(
      std::make_unique<TheGateway>(options, services, std::move(table), backends, store, registry, logger, clock));
}

}  // namespace edudelta::gateway::forward
