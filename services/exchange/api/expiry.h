#pragma once

#include <thread>

#include "absl/synchronization/notification.h"
#include "common/service/runtime.h"

namespace edudelta::exchange::api {

// Moves agreements whose term is over to EXPIRED, once a second, as the service itself; gateways deny from the very
// instant on their own. Also forgets old policy changes. A thread of its own until destroyed.
class Expiry {
 public:
  // `runtime` outlives this.
  explicit Expiry(service::Runtime& runtime);
  ~Expiry();

 private:
  void Run();
  absl::Status Sweep();

  service::Runtime& runtime_;
  absl::Notification stop_;
  std::thread thread_;
};

}  // namespace edudelta::exchange::api
