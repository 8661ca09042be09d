#include "common/log/call_choice.h"

#include <cstdint>

#include "absl/strings/numbers.h"

namespace edudelta::log {

bool TakesCall(int one_in, bool failed, absl::string_view trace_id) {
  if (failed || one_in == 1) return true;
  if (one_in == 0) return false;
  // W3C: if anything of a trace id is random, its right half is.
  constexpr size_t kDigits = 8;
  std::uint32_t number = 0;
  if (trace_id.size() < kDigits || !absl::SimpleHexAtoi(trace_id.substr(trace_id.size() - kDigits), &number))
    return true;
  return number % static_cast<std::uint32_t>(one_in) == 0;
}

}  // namespace edudelta::log
