#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <memory>

#include "absl/time/time.h"

namespace edudelta::gateway::http {

// Keys of TLS session tickets, with which a client comes back without a whole handshake. Made in this process, told to
// nobody, and replaced every twelve hours; the one before is still read. Whoever finds the keys one day cannot read
// what was said longer ago.
class TicketKeys {
 public:
  static constexpr absl::Duration kLife = absl::Hours(12);

  virtual ~TicketKeys() = default;
  static std::unique_ptr<TicketKeys> Make(std::function<absl::Time()> now);

  // `context` uses them from now on; they outlive its connections. Thread-safe from then on.
  virtual void Install(SSL_CTX* context) = 0;
};

}  // namespace edudelta::gateway::http
