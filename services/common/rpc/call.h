#pragma once

#include <atomic>
#include <string>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "edudelta/call/v1/call.pb.h"

namespace google::protobuf {
class MethodDescriptor;
}

namespace edudelta::rpc {

// What an answer shows of L3 and L4 fields. The gateway hears of it beside the answer: evidence follows the fact.
enum class Shown { kUnsaid, kMasked, kClear };

// One RPC as its handler sees it: who calls, how long is left. Lives as long as the RPC.
struct Call {
  call::v1::Caller caller;
  absl::Time deadline;
  // W3C trace id, 32 hex digits; in every log line.
  std::string trace_id;
  // The whole `traceparent` to hand on.
  std::string traceparent;
  const google::protobuf::MethodDescriptor* method = nullptr;
  // Becomes true when the client has gone. Null where the reactor is the handler's own. What a stream has not committed
  // by then should not be.
  const std::atomic<bool>* gone = nullptr;
  // Null where the reactor is the handler's own.
  Shown* shown = nullptr;

  // Says what the answer shows; the most that was said holds. Of a stream before its first message: later ones show no
  // more.
  void Show(Shown what) const {
    if (shown != nullptr && what > *shown) *shown = what;
  }
};

}  // namespace edudelta::rpc
