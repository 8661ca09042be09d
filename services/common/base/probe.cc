#include "common/base/probe.h"

#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace edudelta {
namespace {

constexpr absl::Duration kBetween = absl::Milliseconds(100);

}  // namespace

absl::Status RunProbe(int argc, char** argv, const std::function<absl::Status(Health)>& ask) {
  const absl::string_view what = argc > 2 ? argv[2] : "";
  absl::Duration wait;
  const bool waits = argc == 5 && absl::string_view(argv[3]) == "--wait" && absl::ParseDuration(argv[4], &wait);
  if ((what != "live" && what != "ready") || (argc != 3 && !waits)) {
    return absl::InvalidArgumentError("usage: --probe live|ready [--wait 30s]");
  }
  const Health health = what == "ready" ? Health::kReady : Health::kLive;
  const absl::Time end = absl::Now() + wait;
  while (true) {
    const absl::Status status = ask(health);
    if (status.ok() || absl::IsInvalidArgument(status) || absl::Now() + kBetween > end) return status;
    absl::SleepFor(kBetween);
  }
}

}  // namespace edudelta
