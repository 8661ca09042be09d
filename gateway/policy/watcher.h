#pragma once

#include <memory>
#include <string>

#include "common/log/log.h"
#include "gateway/policy/store.h"

namespace grpc {
class Channel;
}

namespace edudelta::gateway::policy {

// Feeds a store from exchange's WatchPolicy on a thread of its own until destroyed; connects again when the stream
// ends, or when it has been silent for a whole lease.
class Watcher {
 public:
  static std::unique_ptr<Watcher> Start(std::shared_ptr<grpc::Channel> exchange, std::string gateway, Store& store,
                                        const log::Logger& logger);
  virtual ~Watcher() = default;
};

}  // namespace edudelta::gateway::policy
