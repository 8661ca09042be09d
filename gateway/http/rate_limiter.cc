#include "gateway/http/rate_limiter.h"

#include <algorithm>

namespace edudelta::gateway::http {

RateLimiter::RateLimiter(double per_second, double burst, std::size_t clients)
    : per_second_(per_second), burst_(burst), clients_(clients) {}

double RateLimiter::Level(const Bucket& bucket, absl::Time now) const {
  const double gained = std::max(0.0, absl::ToDoubleSeconds(now - bucket.filled)) * per_second_;
  return std::min(burst_, bucket.tokens + gained);
}

void RateLimiter::DropFull(absl::Time now) {
  absl::erase_if(buckets_, [&](const auto& entry) { return Level(entry.second, now) >= burst_; });
  // All are busy: begin again rather than grow without bound.
  if (buckets_.size() >= clients_) buckets_.clear();
}

std::optional<absl::Duration> RateLimiter::Take(absl::string_view client, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  auto found = buckets_.find(client);
  if (found == buckets_.end()) {
    if (buckets_.size() >= clients_) DropFull(now);
    found = buckets_.emplace(std::string(client), Bucket{burst_, now}).first;
  }
  Bucket& bucket = found->second;
  bucket.tokens = Level(bucket, now);
  bucket.filled = now;
  if (bucket.tokens < 1) return absl::Seconds((1 - bucket.tokens) / per_second_);
  bucket.tokens -= 1;
  return std::nullopt;
}

}  // namespace edudelta::gateway::http
