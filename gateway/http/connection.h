#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "boost/asio.hpp"
#include "boost/asio/ssl.hpp"
#include "gateway/http/framing.h"
#include "gateway/http/server.h"

namespace edudelta::gateway::http {

// What the server keeps for one connection, as long as that lives.
class Seat {
 public:
  virtual ~Seat() = default;
  // A connection that waits for its client, for a request or for a whole body, may be told to give way.
  virtual void SetWaiting(bool waiting) = 0;
  // The edge itself answered, or broke off, for this reason.
  virtual void CountRefusal(absl::string_view reason) = 0;
};

struct Admission {
  std::unique_ptr<Seat> seat;
  // Of the client, without the port.
  std::string peer;
  // What every request is answered with.
  std::optional<Refusal> refusal;
};

// One client. Thread-safe: the work is done on the socket's strand.
class Connection {
 public:
  virtual ~Connection() = default;

  virtual void Start() = 0;
  // The answer to what is running is the last one; an idle client gets `grace` to send one more request.
  virtual void BeginDrain(absl::Duration grace) = 0;
  // Ends if it waits for its client, else with the answer that is being made.
  virtual void GiveWay() = 0;
  // Reset instead of an orderly end: the client must not take a part for the whole.
  virtual void Break() = 0;
};

// `options` and `handler` outlive it; `tls` (null: plain text) is used at once only.
std::shared_ptr<Connection> MakeConnection(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls,
                                           const ServerOptions& options, const Handler& handler, Admission admission);

}  // namespace edudelta::gateway::http
