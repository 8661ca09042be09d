#include "exchange/api/policy_hub.h"

#include <utility>

#include "common/base/error.h"
#include "common/base/status.h"
#include "common/service/runtime.h"
#include "exchange/api/policy_state.h"

namespace edudelta::exchange::api {
namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(50);
// After a Touch, until the commit is seen.
constexpr absl::Duration kHurriedPoll = absl::Milliseconds(2);
constexpr absl::Duration kHurry = absl::Milliseconds(500);
constexpr absl::Duration kHeartbeat = absl::Seconds(1);
constexpr absl::Duration kReadLimit = absl::Seconds(2);
constexpr int kLeaseSeconds = 10;

bool IsChange(const v1::PolicyUpdate& update) {
  return update.snapshot() || update.principals_size() + update.organizations_size() + update.agreements_size() > 0;
}

absl::Status ShuttingDown() {
  return Error(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "服务正在停止，请稍后重试");
}

}  // namespace

void PolicyHub::Touch() {
  absl::MutexLock lock(&mutex_);
  hurry_until_ = absl::Now() + kHurry;
  woken_ = true;
}

void PolicyHub::Start(service::Runtime& runtime) {
  thread_ = std::thread([this, &runtime] { Run(runtime); });
}

void PolicyHub::Stop() {
  std::set<std::shared_ptr<PolicySink>> sinks;
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    sinks.swap(sinks_);
    want_snapshot_.clear();
  }
  if (thread_.joinable()) thread_.join();
  for (const auto& sink : sinks) sink->End(ShuttingDown());
}

void PolicyHub::Add(std::shared_ptr<PolicySink> sink) {
  {
    absl::MutexLock lock(&mutex_);
    if (!stopped_) {
      want_snapshot_.insert(sink);
      sinks_.insert(std::move(sink));
      woken_ = true;
      return;
    }
  }
  sink->End(ShuttingDown());
}

void PolicyHub::Remove(const std::shared_ptr<PolicySink>& sink) {
  absl::MutexLock lock(&mutex_);
  sinks_.erase(sink);
  want_snapshot_.erase(sink);
}

bool PolicyHub::Wait() {
  absl::MutexLock lock(&mutex_);
  auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopped_ || woken_; };
  mutex_.AwaitWithTimeout(absl::Condition(&ready), absl::Now() < hurry_until_ ? kHurriedPoll : kPoll);
  woken_ = false;
  return !stopped_;
}

PolicyMessage PolicyHub::MessageOf(v1::PolicyUpdate update) const {
  update.set_lease_seconds(kLeaseSeconds);
  if (update.snapshot()) {
    if (settings_.signer != nullptr) update.set_jwks(settings_.signer->Jwks());
    update.set_token_issuer(settings_.token_issuer);
    update.set_token_audience(settings_.token_audience);
  }
  return std::make_shared<const v1::PolicyUpdate>(std::move(update));
}

void PolicyHub::Send(v1::PolicyUpdate update, const PolicyState& state) {
  std::vector<std::shared_ptr<PolicySink>> following;
  std::vector<std::shared_ptr<PolicySink>> beginning;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& sink : sinks_) (want_snapshot_.contains(sink) ? beginning : following).push_back(sink);
    want_snapshot_.clear();
  }
  PolicyMessage snapshot = update.snapshot() ? MessageOf(update) : nullptr;
  if (snapshot == nullptr && !beginning.empty()) snapshot = MessageOf(state.Snapshot());
  const PolicyMessage delta = MessageOf(std::move(update));
  std::vector<std::shared_ptr<PolicySink>> behind;
  for (const auto& sink : following) {
    if (!sink->Push(delta)) behind.push_back(sink);
  }
  for (const auto& sink : beginning) {
    if (!sink->Push(snapshot)) behind.push_back(sink);
  }
  absl::MutexLock lock(&mutex_);
  for (const auto& sink : behind) {
    if (sinks_.contains(sink)) want_snapshot_.insert(sink);
  }
}

void PolicyHub::Run(service::Runtime& runtime) {
  PolicyState state(runtime);
  absl::Time sent = absl::InfinitePast();
  bool failing = false;
  while (Wait()) {
    v1::PolicyUpdate update;
    const absl::Status status =
        runtime.pool().Read(absl::Now() + kReadLimit, [&](db::Session& session) -> absl::Status {
          ASSIGN_OR_RETURN(update, state.Refresh(session));
          return absl::OkStatus();
        });
    if (!status.ok()) {
      if (!failing) runtime.logger().Warning("policy_unreadable", {{"reason", ReasonOf(status)}});
      failing = true;
      continue;
    }
    failing = false;
    const bool change = IsChange(update);
    bool wanted = false;
    {
      absl::MutexLock lock(&mutex_);
      wanted = !want_snapshot_.empty();
    }
    if (!change && !wanted && absl::Now() - sent < kHeartbeat) continue;
    Send(std::move(update), state);
    if (change || absl::Now() - sent >= kHeartbeat) sent = absl::Now();
  }
}

}  // namespace edudelta::exchange::api
