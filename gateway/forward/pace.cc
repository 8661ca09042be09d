#include "gateway/forward/pace.h"

#include <algorithm>

#include "common/base/error.h"

namespace edudelta::gateway::forward {

void Pace::Came(std::size_t bytes, absl::Duration waited) {
  const absl::Duration earned = absl::Seconds(static_cast<double>(bytes) / bytes_per_second_);
  left_ = std::min(left_ + earned, most_) - waited;
}

absl::Status Pace::Check() const {
  if (left_ >= absl::ZeroDuration()) return absl::OkStatus();
  return Error(absl::StatusCode::kDeadlineExceeded, "BODY_TIMEOUT", "请求体到得太慢");
}

}  // namespace edudelta::gateway::forward
