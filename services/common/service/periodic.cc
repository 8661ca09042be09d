#include "common/service/periodic.h"

#include <utility>

#include "common/base/error.h"

namespace edudelta::service {

Periodic::Periodic(absl::Duration pause, std::string event, const log::Logger& logger,
                   std::function<absl::Status()> work)
    : pause_(pause), event_(std::move(event)), logger_(logger), work_(std::move(work)), thread_([this] { Run(); }) {}

Periodic::~Periodic() {
  stop_.Notify();
  thread_.join();
}

void Periodic::Run() {
  std::string told;
  while (!stop_.WaitForNotificationWithTimeout(pause_)) {
    const absl::Status status = work_();
    const std::string reason = status.ok() ? "" : ReasonOf(status);
    if (reason != told && !reason.empty()) logger_.Warning(event_, {{"reason", reason}});
    told = reason;
  }
}

}  // namespace edudelta::service
