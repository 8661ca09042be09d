#include "gateway/forward/patient_call.h"

#include <iterator>
#include <utility>

#include "absl/time/clock.h"

namespace edudelta::gateway::forward {
namespace {

constexpr absl::Duration kPauses[] = {absl::Milliseconds(20), absl::Milliseconds(100), absl::Milliseconds(500)};

}  // namespace

std::shared_ptr<PatientCall> PatientCall::Start(const Backends& backends, Call call, grpc::ByteBuffer request,
                                                Done done) {
  auto started =
      std::shared_ptr<PatientCall>(new PatientCall(backends, std::move(call), std::move(request), std::move(done)));
  started->Try();
  return started;
}

PatientCall::PatientCall(const Backends& backends, Call call, grpc::ByteBuffer request, Done done)
    : backends_(backends),
      call_(std::move(call)),
      channel_(backends.ChannelOf(call_.service)),
      stub_(channel_),
      request_(std::move(request)),
      done_(std::move(done)) {}

void PatientCall::Cancel() {
  absl::MutexLock lock(&mutex_);
  cancelled_ = true;
  if (!contexts_.empty()) contexts_.back()->get()->TryCancel();
}

void PatientCall::Try() {
  const absl::Time until = backends_.WaitsUntil(call_.service);
  grpc::ClientContext* context = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    contexts_.push_back(std::make_unique<rpc::Context>(call_.caller, call_.deadline, call_.traceparent));
    context = contexts_.back()->get();
    // What is cancelled before it begins ends when it begins.
    if (cancelled_) context->TryCancel();
  }
  if (until > absl::Now()) {
    context->set_wait_for_ready(true);
    // A connection that ends just now is noticed by the deadline alone.
    if (channel_->GetState(false) != GRPC_CHANNEL_READY) CancelUnlessConnected(context, until);
  }
  stub_.UnaryCall(context, PathOf(call_.method), grpc::StubOptions(), &request_, &answer_,
                  [self = shared_from_this()](const grpc::Status& status) { self->OnAnswer(status); });
}

// The deadline is of the whole call, which may last long once it has begun.
void PatientCall::CancelUnlessConnected(grpc::ClientContext* waiting, absl::Time until) {
  absl::MutexLock lock(&mutex_);
  wait_.emplace();
  wait_->Set(absl::ToChronoTime(until), [weak = weak_from_this(), waiting](bool in_time) {
    const auto self = weak.lock();
    if (!in_time || self == nullptr || self->channel_->GetState(false) == GRPC_CHANNEL_READY) return;
    // Once the service was there again, the call has begun.
    if (self->backends_.WaitsUntil(self->call_.service) > absl::Now()) return;
    absl::MutexLock cancelling(&self->mutex_);
    if (self->contexts_.back()->get() == waiting) waiting->TryCancel();
  });
}

// Without details it is not the service's own word: the call was not begun, or the process ended.
bool PatientCall::MayRepeat(const grpc::Status& status) {
  const bool broken =
      status.error_code() == grpc::StatusCode::UNAVAILABLE || status.error_code() == grpc::StatusCode::CANCELLED;
  return call_.may_repeat && broken && status.error_details().empty() &&
         backends_.WaitsUntil(call_.service) > absl::Now();
}

// After a pause: a server that ends goes on refusing over its connection until that is gone.
bool PatientCall::Repeat() {
  absl::MutexLock lock(&mutex_);
  if (cancelled_ || repeats_ == static_cast<int>(std::size(kPauses))) return false;
  pausing_ = shared_from_this();
  pause_.emplace();
  pause_->Set(absl::ToChronoTime(absl::Now() + kPauses[repeats_++]), [this](bool) { AfterPause(); });
  return true;
}

void PatientCall::AfterPause() {
  std::shared_ptr<PatientCall> self;
  {
    absl::MutexLock lock(&mutex_);
    self = std::move(pausing_);
  }
  Try();
}

void PatientCall::OnAnswer(const grpc::Status& status) {
  if (!status.ok() && MayRepeat(status) && Repeat()) return;
  rpc::Shown shown;
  {
    absl::MutexLock lock(&mutex_);
    shown = contexts_.back()->shown();
  }
  // What it holds may hold this.
  std::exchange(done_, nullptr)(status, std::move(answer_), shown);
}

}  // namespace edudelta::gateway::forward
