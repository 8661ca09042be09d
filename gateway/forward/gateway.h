#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/failpoint.h"
#include "common/log/log.h"
#include "common/metrics/registry.h"
#include "gateway/http/server.h"
#include "gateway/policy/store.h"
#include "google/protobuf/descriptor.h"

namespace edudelta::gateway::forward {

class Backends;

struct GatewayOptions {
  absl::Duration default_timeout = absl::Seconds(15);
  absl::Duration stream_timeout = absl::Minutes(30);
  std::size_t json_bytes = 4 << 20;
  // Per principal.
  double rate_per_second = 2000;
  double rate_burst = 4000;
  // Token requests, per address.
  double logins_per_second = 20;
  double login_burst = 200;
  // Imports and exports that run at once; as many again wait.
  int stream_workers = 16;
  // How many of those places one principal may have.
  int streams_per_principal = 8;
  // An import ends whose body has kept the gateway waiting for longer than `upload_grace` and what its bytes take at
  // this rate.
  absl::Duration upload_grace = absl::Seconds(30);
  double upload_bytes_per_second = 1024;
  // Of the requests that end well one in so many leaves a line in the log (log/call_choice.h); a partner's always does.
  int log_one_call_in = 1;
  // "before_reply": between a service's answer and the HTTP answer. Null outside the gateway's program; outlives it.
  Failpoints* failpoints = nullptr;
};

// Everything between HTTP and the services: routes, callers, decisions, calls, evidence (README.md, "Life of a
// request"). The answer to every request is logged and counted. Thread-safe.
class Gateway {
 public:
  // `services` get routes. The rest outlives the gateway. INVALID_ARGUMENT when a route cannot be made.
  static absl::StatusOr<std::unique_ptr<Gateway>> Make(
      const GatewayOptions& options, const std::vector<const google::protobuf::ServiceDescriptor*>& services,
      Backends& backends, policy::Store& store, metrics::Registry& registry, const log::Logger& logger,
      const Clock& clock);
  // Waits until every request has been answered; what serves HTTP must have been drained.
  virtual ~Gateway() = default;

  // An http::Handler.
  virtual void Handle(std::shared_ptr<http::Exchange> exchange) = 0;

  // The answer to GET of /healthz, /readyz or /status, for whoever asks elsewhere than at the edge; nothing for other
  // paths. Never blocks.
  virtual std::optional<http::Response> Probe(absl::string_view path) const = 0;

  // From now on /readyz and /status say no.
  virtual void SetDraining() = 0;
};

}  // namespace edudelta::gateway::forward
