#include "gateway/http/refusal_log.h"

#include <utility>

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
  logger_->Warning("refused_at_the_edge", {{"reason", std::string(reason)}, {"count", count}});
}

}  // namespace edudelta::gateway::http
