#pragma once

#include "absl/strings/string_view.h"

namespace edudelta::log {

// Whether a call that has ended leaves its line: failures always; of the others one in `one_in` traces (1: all, 0:
// none). Of one trace each process chooses the same, so that what is kept is whole.
bool TakesCall(int one_in, bool failed, absl::string_view trace_id);

}  // namespace edudelta::log
