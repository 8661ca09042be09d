#include "common/resource/limiter.h"

#include <algorithm>

namespace edudelta::resource {

bool Limiter::Take(absl::string_view principal, absl::Time now, int tokens) {
  absl::MutexLock lock(&mutex_);
  // Full buckets say nothing; forget them before the map grows without bound.
  if (buckets_.size() > 10000) {
    absl::erase_if(buckets_, [&](const auto& entry) { return now - entry.second.time > period_; });
  }
  Bucket& bucket = buckets_.try_emplace(principal, Bucket{burst_, now}).first->second;
  bucket.tokens = std::min(burst_, bucket.tokens + burst_ * absl::FDivDuration(now - bucket.time, period_));
  bucket.time = now;
  if (bucket.tokens < tokens) return false;
  bucket.tokens -= tokens;
  return true;
}

}  // namespace edudelta::resource
