#include "common/db/watchdog.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace edudelta::db {
namespace {

// KILL QUERY can arrive before the statement does, and then does nothing.
constexpr absl::Duration kAgainAfter = absl::Seconds(1);

}  // namespace

Watchdog::Watchdog(std::function<bool(int64_t, Kill)> kill) : kill_(std::move(kill)), thread_([this] { Run(); }) {}

Watchdog::~Watchdog() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.Signal();
  }
  thread_.join();
}

void Watchdog::Add(Watch* watch) {
  absl::MutexLock lock(&mutex_);
  watches_.push_back(watch);
}

void Watchdog::Remove(Watch* watch) {
  absl::MutexLock lock(&mutex_);
  watches_.erase(std::find(watches_.begin(), watches_.end(), watch));
}

bool Watchdog::Start(Watch* watch, absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  if (watch->killed) return false;
  watch->running = true;
  watch->deadline = deadline;
  Expect(deadline);
  return true;
}

bool Watchdog::Finish(Watch* watch, absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  watch->running = false;
  if (watch->killed) return true;
  watch->deadline = deadline;
  Expect(deadline);
  return false;
}

void Watchdog::Expect(absl::Time deadline) {
  if (deadline >= wakes_) return;
  wakes_ = deadline;
  changed_.Signal();
}

void Watchdog::Run() {
  absl::MutexLock lock(&mutex_);
  while (!stopping_) {
    KillExpired();
    wakes_ = absl::InfiniteFuture();
    for (const Watch* watch : watches_) wakes_ = std::min(wakes_, watch->deadline);
    if (!stopping_) changed_.WaitWithDeadline(&mutex_, wakes_);
  }
}

void Watchdog::KillExpired() {
  const absl::Time now = absl::Now();
  std::vector<std::pair<int64_t, Kill>> expired;
  for (Watch* watch : watches_) {
    if (watch->deadline > now) continue;
    watch->killed = true;
    watch->deadline = watch->running ? now + kAgainAfter : absl::InfiniteFuture();
    expired.emplace_back(watch->connection_id, watch->running ? Kill::kQuery : Kill::kConnection);
  }
  for (const auto& [id, what] : expired) {
    mutex_.Unlock();
    const bool reached = kill_(id, what);
    mutex_.Lock();
    if (reached) continue;
    for (Watch* watch : watches_) {
      if (watch->connection_id == id) watch->deadline = absl::Now() + kAgainAfter;
    }
  }
}

}  // namespace edudelta::db
