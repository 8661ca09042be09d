#pragma once

#include "exchange/api/policy_hub.h"
#include "exchange/api/settings.h"

namespace edudelta::rpc {
class DescribedService;
}
namespace edudelta::service {
class Runtime;
}

namespace edudelta::exchange::api {

// Registers the custom methods, which no engine answers. All outlive `api`; `settings` has a signer.
void ServeCustom(service::Runtime& runtime, const Settings& settings, PolicyHub& hub, rpc::DescribedService& api);

// WatchPolicy, a stream that waits for hours and holds no worker.
void ServeWatchPolicy(service::Runtime& runtime, PolicyHub& hub, rpc::DescribedService& api);

}  // namespace edudelta::exchange::api
