#include "gateway/http/server.h"

#include <algorithm>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/synchronization/mutex.h"
#include "common/base/status.h"
#include "gateway/http/connection.h"

namespace edudelta::gateway::http {
namespace {

class ConnectionExchange final : public Exchange {
 public:
  ConnectionExchange(std::shared_ptr<Connection> connection, Request request)
      : connection_(std::move(connection)), request_(std::move(request)) {}

  ~ConnectionExchange() override {
    if (!ended_) connection_->Post([](Connection& c) { c.Break(); });
  }

  const Request& request() const override { return request_; }

  void ReadAll(std::size_t limit, std::function<void(absl::StatusOr<std::string>)> done) override {
    connection_->Post([limit, done = std::move(done)](Connection& c) mutable { c.ReadAll(limit, std::move(done)); });
  }

  absl::StatusOr<std::string> ReadSome() override {
    auto piece = std::make_shared<std::promise<absl::StatusOr<std::string>>>();
    auto result = piece->get_future();
    connection_->Post([piece](Connection& c) {
      c.ReadPiece([piece](absl::StatusOr<std::string> got) { piece->set_value(std::move(got)); }, true);
    });
    return result.get();
  }

  void Send(Response response) override {
    ended_ = true;
    connection_->Post([response = std::move(response)](Connection& c) mutable { c.Send(std::move(response)); });
  }

  void Begin(int status, Headers headers) override {
    connection_->Post(
        [status, headers = std::move(headers)](Connection& c) mutable { c.Begin(status, std::move(headers)); });
  }

  bool Write(std::string piece) override {
    if (piece.empty()) return true;
    auto sent = std::make_shared<std::promise<bool>>();
    auto result = sent->get_future();
    connection_->Post([piece = std::move(piece), sent](Connection& c) {
      c.WriteChunk(piece, [sent](bool ok) { sent->set_value(ok); });
    });
    return result.get();
  }

  void End() override {
    ended_ = true;
    connection_->Post([](Connection& c) { c.End(); });
  }

  void Abort() override {
    ended_ = true;
    connection_->Post([](Connection& c) { c.Break(); });
  }

  void OnGone(std::function<void()> gone) override {
    connection_->Post([gone = std::move(gone)](Connection& c) mutable { c.OnGone(std::move(gone)); });
  }

 private:
  const std::shared_ptr<Connection> connection_;
  const Request request_;
  std::atomic<bool> ended_{false};
};

absl::StatusOr<tcp::endpoint> ParseAddress(absl::string_view address) {
  const auto colon = address.rfind(':');
  int port = 0;
  if (colon == absl::string_view::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 0 ||
      port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat("not a host:port: ", address));
  }
  std::string host(address.substr(0, colon));
  if (host == "localhost") host = "127.0.0.1";
  if (absl::StartsWith(host, "[") && absl::EndsWith(host, "]")) host = host.substr(1, host.size() - 2);
  error_code ec;
  const auto ip = net::ip::make_address(host, ec);
  if (ec) return absl::InvalidArgumentError(absl::StrCat("not an IP address: ", host));
  return tcp::endpoint(ip, static_cast<unsigned short>(port));
}

class BeastServer final : public Server {
 public:
  BeastServer(const ServerOptions& options, Handler handler)
      : options_(options),
        handler_(std::move(handler)),
        door_(net::make_strand(io_)),
        acceptor_(door_),
        pause_(door_) {}

  ~BeastServer() override {
    Drain(absl::ZeroDuration());
    AwaitEnd(absl::InfiniteDuration());
    io_.stop();
    for (std::thread& thread : threads_) thread.join();
  }

  absl::Status Open() {
    ASSIGN_OR_RETURN(const tcp::endpoint endpoint, ParseAddress(options_.address));
    if (options_.tls_cert.empty() != options_.tls_key.empty()) {
      return absl::InvalidArgumentError("TLS needs both a certificate and a key");
    }
    if (options_.tls_cert.empty() && !endpoint.address().is_loopback() && !options_.allow_plaintext) {
      return absl::InvalidArgumentError(
          absl::StrCat("refusing to listen on ", options_.address, " without TLS: it is not a loopback address"));
    }
    RETURN_IF_ERROR(LoadCertificate());
    error_code ec;
    acceptor_.open(endpoint.protocol(), ec);
    if (!ec) acceptor_.set_option(net::socket_base::reuse_address(true), ec);
    if (!ec) acceptor_.bind(endpoint, ec);
    if (!ec) acceptor_.listen(net::socket_base::max_listen_connections, ec);
    if (ec) return absl::UnavailableError(absl::StrCat("cannot listen on ", options_.address, ": ", ec.message()));
    port_ = acceptor_.local_endpoint().port();
    Accept();
    for (int i = 0; i < options_.io_threads; ++i) threads_.emplace_back([this] { io_.run(); });
    return absl::OkStatus();
  }

  int port() const override { return port_; }

  void Drain(absl::Duration limit) override {
    if (threads_.empty()) return;
    std::promise<void> stopped;
    net::post(door_, [&] {
      StopAccepting();
      stopped.set_value();
    });
    stopped.get_future().wait();
    for (const auto& connection : Living()) connection->Post([](Connection& c) { c.BeginDrain(absl::Seconds(1)); });
    AwaitEnd(limit);
    for (const auto& connection : Living()) connection->Post([](Connection& c) { c.Break(); });
  }

 private:
  absl::Status LoadCertificate() {
    if (options_.tls_cert.empty()) return absl::OkStatus();
    tls_.emplace(net::ssl::context::tls_server);
    error_code ec;
    tls_->set_options(net::ssl::context::default_workarounds | net::ssl::context::no_tlsv1 |
                          net::ssl::context::no_tlsv1_1 | net::ssl::context::single_dh_use,
                      ec);
    if (!ec) tls_->use_certificate_chain_file(options_.tls_cert, ec);
    if (!ec) tls_->use_private_key_file(options_.tls_key, net::ssl::context::pem, ec);
    if (ec) return absl::InvalidArgumentError(absl::StrCat("cannot use the TLS certificate or key: ", ec.message()));
    return absl::OkStatus();
  }

  void Accept() {
    acceptor_.async_accept(net::make_strand(io_), [this](error_code ec, tcp::socket socket) {
      if (ec == net::error::operation_aborted || !acceptor_.is_open()) return;
      if (!ec) {
        Admit(std::move(socket));
        return Accept();
      }
      // Out of file descriptors, mostly: try again when some have been given back.
      pause_.expires_after(std::chrono::milliseconds(100));
      pause_.async_wait([this](error_code stopped) {
        if (!stopped && acceptor_.is_open()) Accept();
      });
    });
  }

  // Takes in what the kernel has already accepted, then closes the door; a crowd does not hold it open.
  void StopAccepting() {
    if (!acceptor_.is_open()) return;
    pause_.cancel();
    error_code ec;
    acceptor_.non_blocking(true, ec);
    const auto limit = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
    while (!ec && std::chrono::steady_clock::now() < limit) {
      tcp::socket socket(net::make_strand(io_));
      acceptor_.accept(socket, ec);
      if (!ec) Admit(std::move(socket));
    }
    acceptor_.close(ec);
  }

  void Admit(tcp::socket socket) {
    // A refusal costs a connection too, so there is an end to politeness.
    constexpr int kRefusals = 256;
    std::shared_ptr<Connection> connection;
    {
      absl::MutexLock lock(&mutex_);
      if (count_ >= options_.max_connections + kRefusals) return;
      const bool refused = count_ >= options_.max_connections;
      ++count_;
      connection = std::shared_ptr<Connection>(
          new Connection(std::move(socket), tls_ ? &*tls_ : nullptr, options_, handler_, refused),
          [this](Connection* ended) {
            delete ended;
            absl::MutexLock inner(&mutex_);
            --count_;
          });
      std::erase_if(connections_, [](const auto& weak) { return weak.expired(); });
      connections_.push_back(connection);
    }
    connection->Post([](Connection& c) { c.Start(); });
  }

  // Until all connections have ended, at most for `limit`.
  void AwaitEnd(absl::Duration limit) {
    const auto ended = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return count_ == 0; };
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(&ended), limit);
  }

  std::vector<std::shared_ptr<Connection>> Living() {
    absl::MutexLock lock(&mutex_);
    std::vector<std::shared_ptr<Connection>> living;
    for (const auto& weak : connections_) {
      if (auto connection = weak.lock()) living.push_back(std::move(connection));
    }
    return living;
  }

  const ServerOptions options_;
  const Handler handler_;
  absl::Mutex mutex_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::weak_ptr<Connection>> connections_ ABSL_GUARDED_BY(mutex_);
  std::optional<net::ssl::context> tls_;
  net::io_context io_;
  // The io threads outlast the last connection: a second Drain needs them.
  const net::executor_work_guard<net::io_context::executor_type> awake_{io_.get_executor()};
  net::strand<net::io_context::executor_type> door_;
  tcp::acceptor acceptor_;
  net::steady_timer pause_;
  int port_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace

std::shared_ptr<Exchange> Connection::MakeExchange() {
  return std::make_shared<ConnectionExchange>(shared_from_this(), std::move(request_));
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, Handler handler) {
  auto server = std::make_unique<BeastServer>(options, std::move(handler));
  RETURN_IF_ERROR(server->Open());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace edudelta::gateway::http
