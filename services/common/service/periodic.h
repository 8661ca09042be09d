#pragma once

#include <functional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "common/log/log.h"

namespace edudelta::service {

// Repeats a piece of work with a pause before each time, on a thread of its own, until destroyed. A failure is logged
// as `event` with its reason when the reason is a new one, and the work goes on.
class Periodic {
 public:
  // `logger` outlives this.
  Periodic(absl::Duration pause, std::string event, const log::Logger& logger, std::function<absl::Status()> work);
  // Waits for the work under way.
  ~Periodic();

 private:
  void Run();

  const absl::Duration pause_;
  const std::string event_;
  const log::Logger& logger_;
  const std::function<absl::Status()> work_;
  absl::Notification stop_;
  std::thread thread_;
};

}  // namespace edudelta::service
