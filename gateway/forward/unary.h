#pragma once

#include <functional>
#include <memory>

#include "gateway/codec/json.h"
#include "gateway/forward/backends.h"
#include "gateway/forward/evidence.h"
#include "gateway/forward/pending.h"
#include "gateway/forward/prune.h"

namespace edudelta::gateway::forward {

struct UnaryParts {
  const codec::JsonCodec& json;
  const SensitiveTypes& sensitive;
  const Backends& backends;
  Evidence& evidence;
  Tally& tally;
  // Answers with the failure; a partner's leaves its entry first.
  const std::function<void(const std::shared_ptr<Pending>&, const absl::Status&)>& refuse;
};

// Calls the method of `pending` with `request` and answers. Returns at once; what follows runs on gRPC's threads.
// Nobody gets L3 or L4 fields in clear before the entry about it is durable, a partner nothing at all before its own,
// and only what the grant lets through.
void ForwardUnary(const UnaryParts& parts, std::shared_ptr<Pending> pending,
                  std::unique_ptr<google::protobuf::Message> request);

}  // namespace edudelta::gateway::forward
