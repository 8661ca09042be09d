#include "common/rpc/serve.h"

#include <atomic>
#include <mutex>

#include "common/rpc/core.h"
#include "google/protobuf/message.h"
#include "grpcpp/alarm.h"

namespace edudelta::rpc {
namespace internal {
namespace {

class UnaryReactor final : public grpc::ServerUnaryReactor {
 public:
  UnaryReactor(Core& core, Frame::Work work) : core_(core), work_(std::move(work)) {}

  void Begin(grpc::CallbackServerContext* context, const google::protobuf::Descriptor* request) {
    absl::Status status = core_.Start(context, request, core_.options().default_deadline, &running_);
    if (!status.ok()) return End(status);
    const auto answer = core_.workers().Submit([this] { Run(); });
    if (answer != WorkerPool::Answer::kAccepted) End(Refusal(answer));
  }

  void OnCancel() override { cancelled_ = true; }
  void OnDone() override { delete this; }

 private:
  // What gRPC's own reactor says, too: the reactions are short, so they need no turn through gRPC's executor, which costs
  // a switch of threads per call.
  bool InternalInlineable() override { return true; }

  void Run() {
    absl::Status status = core_.StillWanted(running_, cancelled_);
    if (status.ok()) {
      status = core_.Guard(running_, [this]() -> absl::StatusOr<bool> {
        RETURN_IF_ERROR(work_(running_.call));
        return true;
      }).status();
    }
    // What the work holds goes before the answer, on the worker's thread.
    work_ = nullptr;
    End(status);
  }

  // The reactor may be gone when this returns.
  void End(const absl::Status& status) { Finish(core_.Finish(running_, status)); }

  Core& core_;
  Frame::Work work_;
  Running running_;
  std::atomic<bool> cancelled_{false};
};

// Cancels a call at its deadline when its client set none; gRPC itself sees to the client's.
class DeadlineGuard {
 public:
  DeadlineGuard(grpc::CallbackServerContext* context, absl::Time deadline) : target_(std::make_shared<Target>()) {
    target_->context = context;
    alarm_.Set(absl::ToChronoTime(deadline), [target = target_](bool fired) {
      std::lock_guard<std::recursive_mutex> lock(target->mutex);
      if (fired && target->context != nullptr) target->context->TryCancel();
    });
  }
  ~DeadlineGuard() {
    std::lock_guard<std::recursive_mutex> lock(target_->mutex);
    target_->context = nullptr;
  }

 private:
  struct Target {
    // Recursive: a cancellation may end the call, and so this guard, on the alarm's own thread.
    std::recursive_mutex mutex;
    grpc::CallbackServerContext* context = nullptr;
  };
  std::shared_ptr<Target> target_;
  grpc::Alarm alarm_;
};

}  // namespace

struct Stream::State {
  Core& core;
  grpc::CallbackServerContext* context;
  StreamPort* port;
  Running running;
  absl::Status admitted;
  bool counted = false;
  std::atomic<bool> cancelled{false};
  std::unique_ptr<DeadlineGuard> guard;

  void End(const absl::Status& status) {
    StreamPort* to = port;
    to->Release();
    to->End(core.Finish(running, status));
  }
};

Stream::Stream(Core& core, grpc::CallbackServerContext* context, const google::protobuf::Descriptor* request,
               StreamPort* port)
    : state_(new State{core, context, port, {}, absl::OkStatus(), false, {}, nullptr}) {
  state_->admitted = core.Start(context, request, core.options().stream_deadline, &state_->running);
  state_->running.call.gone = &state_->cancelled;
  if (!state_->admitted.ok()) return;
  state_->counted = core.OpenStream();
  if (!state_->counted) state_->admitted = Refusal(WorkerPool::Answer::kFull);
}

Stream::~Stream() {
  if (state_->counted) state_->core.CloseStream();
}

bool Stream::Open() {
  if (!state_->admitted.ok()) {
    state_->End(state_->admitted);
    return false;
  }
  if (state_->context->deadline() == std::chrono::system_clock::time_point::max()) {
    state_->guard = std::make_unique<DeadlineGuard>(state_->context, state_->running.call.deadline);
  }
  return true;
}

void Stream::Run(Step step) {
  State& s = *state_;
  const auto answer = s.core.stream_workers().Submit([&s, step = std::move(step)] {
    const absl::Status wanted = s.core.StillWanted(s.running, s.cancelled || s.context->IsCancelled());
    if (!wanted.ok()) return s.End(wanted);
    const absl::StatusOr<bool> more = s.core.Guard(s.running, step);
    if (more.ok() && *more) return s.port->Transfer();
    s.End(more.status());
  });
  if (answer != WorkerPool::Answer::kAccepted) s.End(Refusal(answer));
}

void Stream::Cancel() { state_->cancelled = true; }

void Stream::Broken() { state_->End(state_->core.StillWanted(state_->running, true)); }

const Call& Stream::call() const { return state_->running.call; }

const google::protobuf::Descriptor* TypeOf(const google::protobuf::Message& message) {
  return message.GetDescriptor();
}

}  // namespace internal

Admission::Admission(internal::Core& core, grpc::CallbackServerContext* context,
                     const google::protobuf::Descriptor* request)
    : core_(core), running_(std::make_unique<internal::Running>()) {
  status_ = core_.Start(context, request, core_.options().default_deadline, running_.get());
}

Admission::~Admission() = default;

const Call& Admission::call() const { return running_->call; }

grpc::Status Admission::Finish(const absl::Status& status) const { return core_.Finish(*running_, status); }

Frame::Frame(Options options, metrics::Registry& registry, const log::Logger& logger, const Clock& clock)
    : core_(std::make_unique<internal::Core>(std::move(options), registry, logger, clock)) {}

Frame::~Frame() { Drain(); }

grpc::ServerUnaryReactor* Frame::Unary(grpc::CallbackServerContext* context, const google::protobuf::Message* request,
                                       google::protobuf::Message*, Work work) {
  auto* reactor = new internal::UnaryReactor(*core_, std::move(work));
  reactor->Begin(context, request->GetDescriptor());
  return reactor;
}

std::unique_ptr<Admission> Frame::Admit(grpc::CallbackServerContext* context, const google::protobuf::Message& request) {
  return std::make_unique<Admission>(*core_, context, request.GetDescriptor());
}

void Frame::Drain() {
  core_->workers().Close();
  core_->stream_workers().Close();
}

}  // namespace edudelta::rpc
