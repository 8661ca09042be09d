#pragma once

#include "common/service/periodic.h"
#include "common/service/runtime.h"

namespace edudelta::exchange::api {

// Moves agreements whose term is over to EXPIRED, once a second, as the service itself; gateways deny from the very
// instant on their own. Also forgets old policy changes and claims. A thread of its own until destroyed.
class Expiry {
 public:
  // `runtime` outlives this.
  explicit Expiry(service::Runtime& runtime);

 private:
  absl::Status Sweep();

  service::Runtime& runtime_;
  service::Periodic sweep_;
};

}  // namespace edudelta::exchange::api
