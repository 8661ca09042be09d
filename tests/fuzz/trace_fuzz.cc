// `traceparent` of W3C: a good one is continued under a new span, any other begins a new trace.
#include <algorithm>
#include <regex>
#include <string>

#include "common/rpc/trace.h"
#include "tests/fuzz/target.h"

namespace edudelta::fuzz {

bool Try(absl::string_view input) {
  static const auto& good =
      *new std::regex("00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", std::regex::optimize);
  const std::string given(input.substr(0, 200));
  const bool valid = input.size() < 200 && std::regex_match(given, good);
  const rpc::Trace trace = rpc::ContinueTrace(input);
  Must(std::regex_match(trace.traceparent, good), "what is handed on is well formed", trace.traceparent);
  Must(trace.traceparent.substr(3, 32) == trace.trace_id, "one trace id", trace.traceparent);
  Must(valid == (trace.trace_id == input.substr(std::min<size_t>(3, input.size()), 32)), "a good trace goes on", input);
  if (!valid) return false;
  Must(trace.traceparent.substr(36, 16) != given.substr(36, 16), "each hop is a span of its own", trace.traceparent);
  Must(trace.traceparent.substr(53) == given.substr(53), "flags are kept", trace.traceparent);
  return true;
}

}  // namespace edudelta::fuzz
