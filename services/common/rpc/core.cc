#include "common/rpc/core.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/log/call_choice.h"
#include "common/rpc/errors.h"
#include "common/rpc/trace.h"
#include "edudelta/options/v1/options.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "grpcpp/security/auth_context.h"
#include "grpcpp/server_context.h"
#include "prometheus/counter.h"
#include "prometheus/histogram.h"

namespace edudelta::rpc::internal {
namespace {

using absl::StatusCode;

absl::string_view View(grpc::string_ref ref) { return absl::string_view(ref.data(), ref.size()); }

absl::string_view MetadataOf(const grpc::CallbackServerContext& context, const char* key) {
  const auto& all = context.client_metadata();
  auto found = all.find(key);
  return found == all.end() ? absl::string_view() : View(found->second);
}

metrics::Labels With(metrics::Labels labels, std::string key, std::string value) {
  labels.emplace_back(std::move(key), std::move(value));
  return labels;
}

const char* TypeOf(const google::protobuf::MethodDescriptor& method) {
  if (method.client_streaming()) return method.server_streaming() ? "bidi_stream" : "client_stream";
  return method.server_streaming() ? "server_stream" : "unary";
}

// A failure that is ours, of any method, counts from nought.
constexpr StatusCode kForeseen[] = {StatusCode::kOk, StatusCode::kUnavailable, StatusCode::kDeadlineExceeded,
                                    StatusCode::kResourceExhausted, StatusCode::kInternal};

metrics::Labels LabelsOf(const google::protobuf::MethodDescriptor& method) {
  return {
      {"grpc_service", method.service()->full_name()}, {"grpc_method", method.name()}, {"grpc_type", TypeOf(method)}};
}

prometheus::Counter& Handled(metrics::Registry& registry, const google::protobuf::MethodDescriptor& method,
                             StatusCode code) {
  return registry.Counter("grpc_server_handled_total", "Calls answered.",
                          With(LabelsOf(method), "grpc_code", std::string(CodeName(code))));
}

Method MakeMethod(const google::protobuf::MethodDescriptor& descriptor, metrics::Registry& registry) {
  const metrics::Labels labels = LabelsOf(descriptor);
  auto* factory = google::protobuf::MessageFactory::generated_factory();
  Method method;
  method.descriptor = &descriptor;
  method.request = factory->GetPrototype(descriptor.input_type());
  method.response = factory->GetPrototype(descriptor.output_type());
  const auto* id = descriptor.input_type()->FindFieldByName("request_id");
  if (id != nullptr && id->type() == google::protobuf::FieldDescriptor::TYPE_STRING && !id->is_repeated()) {
    method.request_id = id;
  }
  method.internal = descriptor.options().GetExtension(options::v1::method).internal();
  method.path = absl::StrCat(descriptor.service()->full_name(), "/", descriptor.name());
  method.started = &registry.Counter("grpc_server_started_total", "Calls begun.", labels);
  method.seconds = &registry.Seconds("grpc_server_handling_seconds", "From a call's arrival to its answer.", labels);
  for (const StatusCode code : kForeseen) {
    method.handled[static_cast<size_t>(code)] = &Handled(registry, descriptor, code);
  }
  return method;
}

PoolSeries SeriesOf(metrics::Registry& registry, const char* pool) {
  return {
      registry, pool, registry.Gauge("edudelta_queue_length", "Calls waiting for a worker.", {{"pool", pool}}),
      registry.Counter("edudelta_queue_rejected_total", "Calls refused because the queue was full.", {{"pool", pool}})};
}

// gRPC 1.51 gives an in-process peer no address; every transport from outside has one, and a security type besides,
// even when that is "insecure".
bool IsInProcess(absl::string_view peer, const grpc::AuthContext* auth) {
  return (peer == "unknown" || absl::StartsWith(peer, "inproc")) &&
         (auth == nullptr || auth->FindPropertyValues("transport_security_type").empty());
}

constexpr absl::string_view kServices = "services/";

// The one peer that may present an identity: the gateway for users and clients, whom it has authenticated; for a
// service that service, on whose behalf ever it calls. Empty when nobody may: a role of services on anybody else.
std::string PresenterOf(const call::v1::Caller& caller) {
  if (caller.kind() == call::v1::Caller::KIND_SERVICE) {
    absl::string_view name = caller.principal();
    return absl::ConsumePrefix(&name, kServices) ? std::string(name) : "";
  }
  const bool posing = absl::StartsWith(caller.principal(), kServices) || !caller.on_behalf_of().empty() ||
                      absl::c_any_of(caller.bindings(), [](const call::v1::Binding& binding) {
                        return binding.role() == options::v1::ROLE_SERVICE;
                      });
  const bool person = caller.kind() == call::v1::Caller::KIND_USER || caller.kind() == call::v1::Caller::KIND_CLIENT;
  return person && !posing ? "gateway" : "";
}

bool IsOurFault(StatusCode code) {
  return code == StatusCode::kInternal || code == StatusCode::kUnknown || code == StatusCode::kDataLoss;
}

}  // namespace

Core::Core(Frame::Options options, metrics::Registry& registry, const log::Logger& logger, const Clock& clock)
    : options_(std::move(options)),
      registry_(registry),
      logger_(logger),
      clock_(clock),
      places_(std::max(1, options_.streams / 2)),
      workers_(options_.workers, options_.queue, WorkerPool::Share::kHalf, SeriesOf(registry, "unary")),
      // A stream has one piece of work at most, so this queue never refuses.
      stream_workers_(options_.stream_workers, options_.streams, WorkerPool::Share::kAll,
                      SeriesOf(registry, "stream")) {}

const Method* Core::AddMethod(const google::protobuf::MethodDescriptor& descriptor) {
  auto [it, added] = methods_.try_emplace(&descriptor);
  if (added) it->second = MakeMethod(descriptor, registry_);
  return &it->second;
}

Core::Peer Core::PeerOf(const grpc::CallbackServerContext& context) const {
  const std::string peer = context.peer();
  const auto auth = context.auth_context();
  if ((options_.trust_unix_peers && absl::StartsWith(peer, "unix:")) || IsInProcess(peer, auth.get()))
    return {true, {}};
  Peer found;
  if (auth == nullptr || !auth->IsPeerAuthenticated()) return found;
  for (const char* property : {"x509_common_name", "x509_subject_alternative_name"}) {
    for (const grpc::string_ref& value : auth->FindPropertyValues(property)) {
      if (absl::c_linear_search(options_.trusted_names, View(value))) found.names.emplace_back(View(value));
    }
  }
  return found;
}

absl::Status Core::ReadCaller(const grpc::CallbackServerContext& context, Call* call) const {
  const Peer peer = PeerOf(context);
  if (!peer.local && peer.names.empty()) {
    return Error(StatusCode::kUnauthenticated, "PEER_NOT_TRUSTED", "对方系统的身份未经认证");
  }
  const absl::string_view bytes = MetadataOf(context, kCallerKey);
  if (!call->caller.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Error(StatusCode::kUnauthenticated, "CALLER_INVALID", "调用者身份无法识别");
  }
  if (call->caller.principal().empty()) {
    return Error(StatusCode::kUnauthenticated, "CALLER_MISSING", "没有说明调用者的身份");
  }
  const std::string presenter = PresenterOf(call->caller);
  if (!peer.local && !absl::c_linear_search(peer.names, presenter)) {
    return Error(StatusCode::kUnauthenticated, "CALLER_NOT_OF_PEER", "对方系统无权代表这一身份",
                 {{"principal", call->caller.principal()}});
  }
  return absl::OkStatus();
}

void Core::Start(const grpc::CallbackServerContext& context, const Method& method, absl::Duration limit,
                 Running* running) const {
  running->started = clock_.Now();
  running->method = &method;
  method.started->Increment();
  Trace trace = ContinueTrace(MetadataOf(context, kTraceKey));
  Call& call = running->call;
  call.trace_id = std::move(trace.trace_id);
  call.traceparent = std::move(trace.traceparent);
  call.method = method.descriptor;
  call.shown = &running->shown;
  call.deadline = std::min(running->started + limit, absl::FromChrono(context.deadline()));
}

absl::Status Core::StillWanted(const Running& running, bool cancelled) const {
  if (clock_.Now() >= running.call.deadline) {
    return Error(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", "处理超时，请稍后重试");
  }
  if (cancelled) return Error(StatusCode::kCancelled, "CANCELLED", "请求已被取消");
  return absl::OkStatus();
}

absl::StatusOr<bool> Core::CatchAll(const Running& running, const Step& work) const {
  std::string what = "not a std::exception";
  try {
    return work();
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
  }
  logger_.Error("handler_threw", {{"method", running.method->path}, {"what", what}}, running.call.trace_id);
  return Error(StatusCode::kInternal, "HANDLER_THREW", "系统内部错误");
}

grpc::Status Core::Finish(const Running& running, const absl::Status& status) const {
  const absl::Duration elapsed = clock_.Now() - running.started;
  const size_t known = running.method->handled.size();
  const auto code = static_cast<size_t>(status.code()) < known ? status.code() : StatusCode::kUnknown;
  prometheus::Counter* made = running.method->handled[static_cast<size_t>(code)];
  (made != nullptr ? *made : Handled(registry_, *running.method->descriptor, code)).Increment();
  running.method->seconds->Observe(absl::ToDoubleSeconds(elapsed));

  // What a partner does is always told.
  if (!running.call.caller.has_scope() &&
      !log::TakesCall(options_.log_one_call_in, !status.ok(), running.call.trace_id)) {
    return ToGrpc(status, options_.service, running.call.trace_id);
  }
  log::Fields fields = {{"method", running.method->path},
                        {"code", CodeName(status.code())},
                        {"duration_ms", absl::ToDoubleMilliseconds(elapsed)}};
  if (!running.call.caller.principal().empty()) fields.emplace_back("principal", running.call.caller.principal());
  if (!status.ok()) fields.emplace_back("reason", ReasonOf(status));
  if (IsOurFault(status.code())) fields.emplace_back("error", status.message());
  // What the processes of the suite ask each other all the time is noise while it works.
  const bool routine = status.ok() && running.method->internal;
  const log::Level level = routine ? log::Level::kDebug : log::Level::kInfo;
  logger_.Write(IsOurFault(status.code()) ? log::Level::kError : level, "call", fields, running.call.trace_id);
  return ToGrpc(status, options_.service, running.call.trace_id);
}

std::shared_ptr<void> Core::OpenStream(const std::string& owner) {
  std::shared_ptr<void> share;
  if (!owner.empty()) {
    share = places_.Take(owner);
    if (share == nullptr) return nullptr;
  }
  if (streams_.fetch_add(1) >= options_.streams) {
    streams_.fetch_sub(1);
    return nullptr;
  }
  return std::shared_ptr<void>(this, [share](void* core) { static_cast<Core*>(core)->streams_.fetch_sub(1); });
}

void MakeRequestIdCanonical(const Method& method, google::protobuf::Message* request) {
  if (method.request_id == nullptr) return;
  const auto* reflection = request->GetReflection();
  std::string scratch;
  const std::string& given = reflection->GetStringReference(*request, method.request_id, &scratch);
  if (!absl::c_any_of(given, absl::ascii_isupper) || !IsUuid(given)) return;
  reflection->SetString(request, method.request_id, absl::AsciiStrToLower(given));
}

absl::Status Refusal(WorkerPool::Answer answer) {
  if (answer == WorkerPool::Answer::kAccepted) return absl::OkStatus();
  return answer == WorkerPool::Answer::kFull
             ? Error(StatusCode::kResourceExhausted, "OVERLOADED", "系统繁忙，请稍后重试")
             : Error(StatusCode::kUnavailable, "SHUTTING_DOWN", "服务正在停止，请稍后重试");
}

}  // namespace edudelta::rpc::internal
