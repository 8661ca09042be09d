#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/log/log.h"
#include "common/metrics/registry.h"
#include "gateway/http/cors.h"
#include "gateway/http/message.h"
#include "gateway/http/proxies.h"

// HTTP/1.1 with or without TLS.
//
//   request_reader   bytes to requests, without I/O (Beast), and framing, what must hold of a head
//   connection       one client: waits, reads, answers (Asio)
//   places           who may be connected
//   server           listens, lets in, drains
namespace edudelta::gateway::http {

// One request and its answer. Any thread may call any method; those that block must not be called from an io thread,
// that is, neither from the handler itself nor from `done`. Dropped without an answer, the connection is closed.
class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual const Request& request() const = 0;

  // The whole body. `done` runs on an io thread. RESOURCE_EXHAUSTED (BODY_TOO_LARGE) above `limit` bytes,
  // DEADLINE_EXCEEDED (BODY_TIMEOUT) when it comes too slowly, CANCELLED when the client is gone, INVALID_ARGUMENT
  // (BODY_MALFORMED).
  virtual void ReadAll(std::size_t limit, std::function<void(absl::StatusOr<std::string>)> done) = 0;

  // The next piece, at most 16 KiB, empty at the end. Blocks; the client is not read ahead of it. Failures as ReadAll.
  virtual absl::StatusOr<std::string> ReadSome() = 0;
  // The ReadSome that waits, and every later one, fails with CANCELLED; the answer can still be sent.
  virtual void StopReading() = 0;

  // The whole answer. Once, and not after Begin.
  virtual void Send(Response response) = 0;

  // A chunked answer. Write blocks until the kernel took the piece; false when the client is gone or too slow.
  virtual void Begin(int status, Headers headers) = 0;
  virtual bool Write(std::string piece) = 0;
  virtual void End() = 0;
  // Breaks the connection off, so that the client cannot take what it has for the whole.
  virtual void Abort() = 0;

  // `gone` runs once on an io thread when the client leaves before its answer was sent; at once when it has left.
  virtual void OnGone(std::function<void()> gone) = 0;
};

// Called on an io thread when the head of a request has been read. Must not block or throw.
using Handler = std::function<void(std::shared_ptr<Exchange>)>;

struct ServerOptions {
  // "127.0.0.1:8443", "[::1]:8443"; port 0 picks one.
  std::string address = "127.0.0.1:8080";
  // PEM files; both or none. Without them only a loopback address is taken, unless `allow_plaintext`.
  std::string tls_cert;
  std::string tls_key;
  bool allow_plaintext = false;

  // A socket that listens already, in place of `address`; -1: none.
  int listening = -1;

  int io_threads = 2;
  // Above it the connection that has waited longest for its client gives way; when none waits, the answer is 503
  // CONNECTION_LIMIT.
  int max_connections = 1024;
  // The same for one address (of IPv6, one /64): 503 ADDRESS_CONNECTION_LIMIT. 0: half of all.
  int max_connections_per_address = 0;
  std::size_t header_bytes = 16 << 10;
  std::size_t body_bytes = std::size_t{512} << 20;
  absl::Duration header_timeout = absl::Seconds(10);
  // A whole body for ReadAll, one piece for ReadSome.
  absl::Duration body_timeout = absl::Seconds(30);
  absl::Duration write_timeout = absl::Seconds(30);
  // Between requests.
  absl::Duration idle_timeout = absl::Seconds(60);
  CorsOptions cors;
  // Connections of theirs are limited by `max_connections` alone, and their requests have the client's address.
  TrustedProxies proxies;
  // Of the ages of keys for session tickets.
  std::function<absl::Time()> now = absl::Now;
  // Is told of what the edge refuses. Null: that is counted only. Outlives the server.
  const log::Logger* logger = nullptr;
};

class Server {
 public:
  // INVALID_ARGUMENT for bad options or unreadable certificates, UNAVAILABLE when it cannot listen.
  // `registry` outlives it.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options, Handler handler,
                                                       metrics::Registry& registry);
  // Breaks off what is running and waits until every Exchange has been let go.
  virtual ~Server() = default;

  virtual int port() const = 0;

  // Stops accepting; requests that have begun are answered with `Connection: close`, idle connections get a second to
  // send one more. Returns when all connections have ended or at the limit, when the rest is broken off. Blocks.
  virtual void Drain(absl::Duration limit) = 0;
};

}  // namespace edudelta::gateway::http
