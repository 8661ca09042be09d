#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/log/log.h"
#include "common/rpc/tls.h"

namespace grpc {
class Channel;
class Service;
}  // namespace grpc

namespace edudelta::rpc {

// The callback server of one process, with health (grpc.health.v1) and reflection. Thread-safe.
//
// gRPC 1.51's callback API stalls for tens of milliseconds after a second of silence; the server calls itself every
// 400 ms over an in-process channel, which keeps its pollers awake.
class Server {
 public:
  struct Options {
    // Path of a Unix socket that only this user can open. An address in use is refused, a stale socket replaced.
    std::string unix_path;
    // host:port; port 0 picks one. At least one of the two is set.
    std::string address;
    // For `address`. Without TLS only loopback is taken.
    TlsFiles tls;
    // Listens beyond loopback without TLS all the same.
    bool allow_plaintext = false;
    // How long it goes on taking calls once it is NOT_SERVING for good: until everybody has heard of it.
    absl::Duration drain_delay = absl::ZeroDuration();
    // How long running calls may go on after that; then they are cancelled.
    absl::Duration drain_limit = absl::Seconds(20);
    // Of a connection; then its client makes a new one, and looks where. Its running calls may end for half an hour.
    absl::Duration connection_age = absl::Minutes(5);
  };

  // `services` and `logger` outlive the server. NOT_SERVING until SetServing(true). INVALID_ARGUMENT for bad options,
  // ALREADY_EXISTS or UNAVAILABLE when it cannot listen.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Options& options,
                                                       const std::vector<grpc::Service*>& services,
                                                       const log::Logger& logger);
  // Drains.
  virtual ~Server() = default;

  virtual void SetServing(bool serving) = 0;

  // NOT_SERVING; after the delay no new calls, running calls finish or are cancelled at the limit. Returns when all
  // have ended. Drain the Frame afterwards.
  virtual void Drain() = 0;

  // The port of `address`; 0 without one.
  virtual int port() const = 0;

  // Trusted like a Unix socket; for tests and the process's own calls.
  virtual std::shared_ptr<grpc::Channel> InProcessChannel() = 0;
};

}  // namespace edudelta::rpc
