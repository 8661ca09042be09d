#include "gateway/http/refusal_log.h"

#include <utility>
#include <vector>

namespace edudelta::gateway::http {
namespace {

constexpr absl::Duration kPause = absl::Seconds(10);

}  // namespace

void RefusalLog::Note(absl::string_view reason, absl::Time now) {
  if (logger_ == nullptr) return;
  std::int64_t count = 0;
  {
    absl::MutexLock lock(&mutex_);
    Told& told = told_[std::string(reason)];
    ++told.since;
    if (now - told.last < kPause) return;
    told.last = now;
    count = std::exchange(told.since, 0);
  }
  Tell(reason, count);
}

void RefusalLog::Tick(absl::Time now) {
  if (logger_ == nullptr) return;
  std::vector<std::pair<std::string, std::int64_t>> due;
  {
    absl::MutexLock lock(&mutex_);
    for (auto& [reason, told] : told_) {
      if (told.since == 0 || now - told.last < kPause) continue;
      told.last = now;
      due.emplace_back(reason, std::exchange(told.since, 0));
    }
  }
  for (const auto& [reason, count] : due) Tell(reason, count);
}

void RefusalLog::Tell(absl::string_view reason, std::int64_t count) {
  logger_->Warning("refused_at_the_edge", {{"reason", std::string(reason)}, {"count", count}});
}

}  // namespace edudelta::gateway::http
