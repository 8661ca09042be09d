#include "common/rpc/stream_places.h"

namespace edudelta::rpc {

std::shared_ptr<void> StreamPlaces::Take(const std::string& principal) {
  absl::MutexLock lock(&mutex_);
  int& taken = taken_[principal];
  if (taken >= most_) return nullptr;
  ++taken;
  return std::shared_ptr<void>(this,
                               [principal](void* places) { static_cast<StreamPlaces*>(places)->Return(principal); });
}

void StreamPlaces::Return(const std::string& principal) {
  absl::MutexLock lock(&mutex_);
  const auto found = taken_.find(principal);
  if (--found->second == 0) taken_.erase(found);
}

}  // namespace edudelta::rpc
