#pragma once

namespace edudelta::rpc {
class DescribedService;
}
namespace edudelta::service {
class Runtime;
}

namespace edudelta::teachers::api {

// Registers the custom methods, which no engine answers. `runtime` outlives `api`.
void ServeCustom(service::Runtime& runtime, rpc::DescribedService& api);

}  // namespace edudelta::teachers::api
