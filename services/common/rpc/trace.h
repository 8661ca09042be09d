#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace edudelta::rpc {

// Metadata names between processes of the suite.
inline constexpr char kCallerKey[] = "edudelta-caller-bin";
inline constexpr char kTraceKey[] = "traceparent";
// Before the answer, in the initial metadata: a stream's must be known with its first message.
inline constexpr char kShownKey[] = "edudelta-shown";

// W3C trace context. `trace_id` is 32 hex digits, `traceparent` the header to hand on.
struct Trace {
  std::string trace_id;
  std::string traceparent;
};

// Goes on with the caller's trace under a new span, or begins one when `inbound` is empty or malformed.
Trace ContinueTrace(absl::string_view inbound);

}  // namespace edudelta::rpc
