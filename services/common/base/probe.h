#pragma once

#include <functional>

#include "absl/status/status.h"

namespace edudelta {

enum class Health {
  kLive,   // the process answers, whatever it says
  kReady,  // it takes calls
};

// What every program does for `PROGRAM --probe live|ready [--wait 30s]`: calls `ask` until it is OK or the wait is
// over. The last answer of `ask`; INVALID_ARGUMENT for another command line. Blocks.
absl::Status RunProbe(int argc, char** argv, const std::function<absl::Status(Health)>& ask);

}  // namespace edudelta
