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
  // `context` uses them from now on; they outlive its connections. Once for each context.
  static std::unique_ptr<TicketKeys> Install(SSL_CTX* context, std::function<absl::Time()> now);
};

}  // namespace edudelta::gateway::http
