#pragma once

#include <optional>
#include <utility>

#include "boost/asio.hpp"
#include "boost/asio/ssl.hpp"

// Included by connection.cc alone.
namespace edudelta::gateway::http {

namespace net = boost::asio;
using boost::system::error_code;
using net::ip::tcp;

// A socket with or without TLS, as Asio's read and write operations want it.
class Wire {
 public:
  using executor_type = tcp::socket::executor_type;

  Wire(tcp::socket socket, net::ssl::context* tls) : socket_(std::move(socket)) {
    if (tls != nullptr) tls_.emplace(socket_, *tls);
  }

  executor_type get_executor() { return socket_.get_executor(); }
  tcp::socket& socket() { return socket_; }
  auto& tls() { return tls_; }

  template <typename Buffers, typename Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) return tls_->async_read_some(buffers, std::forward<Handler>(handler));
    socket_.async_read_some(buffers, std::forward<Handler>(handler));
  }
  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) return tls_->async_write_some(buffers, std::forward<Handler>(handler));
    socket_.async_write_some(buffers, std::forward<Handler>(handler));
  }

 private:
  tcp::socket socket_;
  std::optional<net::ssl::stream<tcp::socket&>> tls_;
};

}  // namespace edudelta::gateway::http
