#include "gateway/http/server.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <future>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/status.h"
#include "gateway/http/certificate.h"
#include "gateway/http/connection.h"
#include "gateway/http/places.h"
#include "gateway/http/refusal_log.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"

namespace edudelta::gateway::http {
namespace {

namespace net = boost::asio;
using boost::system::error_code;
using net::ip::tcp;

constexpr Refusal kFull = {503, "CONNECTION_LIMIT", "连接数已达上限，请稍后重试"};
constexpr Refusal kShareTaken = {503, "ADDRESS_CONNECTION_LIMIT", "来自该地址的连接数已达上限，请稍后重试"};

// Connections that are refused and may ask why. They cost a socket each, so there is an end to politeness; they take no
// place from anybody who is let in.
constexpr int kPoliteRefusals = 256;

// A socket each, and what else the process has open. When accepting fails, nobody can be told to give way.
absl::Status RaiseDescriptorLimit(int connections) {
  const rlim_t wanted = static_cast<rlim_t>(connections) + kPoliteRefusals + 256;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return absl::OkStatus();
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  if (limit.rlim_cur == wanted && ::setrlimit(RLIMIT_NOFILE, &limit) == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(connections, " connections need ", wanted,
                                                 " file descriptors, the process may have ", limit.rlim_max));
}

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

class TheServer final : public Server {
 public:
  TheServer(const ServerOptions& options, Handler handler, metrics::Registry& registry)
      : options_(options),
        handler_(std::move(handler)),
        registry_(registry),
        refusals_(options.logger),
        open_(registry.Gauge("edudelta_http_connections", "Connections that are open.")),
        evicted_(registry.Counter("edudelta_http_connections_evicted_total",
                                  "Connections that waited for their clients and gave way to new ones.")),
        places_(options.max_connections, options.max_connections_per_address > 0
                                             ? options.max_connections_per_address
                                             : std::max(1, options.max_connections / 2)),
        door_(net::make_strand(io_)),
        acceptor_(door_),
        pause_(door_),
        tick_(door_) {}

  ~TheServer() override {
    Drain(absl::ZeroDuration());
    AwaitEnd(absl::InfiniteDuration());
    io_.stop();
    for (std::thread& thread : threads_) thread.join();
  }

  absl::Status Open() {
    if (options_.tls_cert.empty() != options_.tls_key.empty()) {
      return absl::InvalidArgumentError("TLS needs both a certificate and a key");
    }
    RETURN_IF_ERROR(CheckOrigins(options_.cors));
    RETURN_IF_ERROR(RaiseDescriptorLimit(options_.max_connections));
    if (!options_.tls_cert.empty()) {
      ASSIGN_OR_RETURN(certificate_, Certificate::Load(options_.tls_cert, options_.tls_key, options_.now));
    }
    RETURN_IF_ERROR(Listen());
    port_ = acceptor_.local_endpoint().port();
    Accept();
    Tick();
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
    for (const auto& connection : Living()) connection->BeginDrain(absl::Seconds(1));
    AwaitEnd(limit);
    for (const auto& connection : Living()) connection->Break();
    refusals_.Flush();
  }

 private:
  class OneSeat final : public Seat {
   public:
    OneSeat(TheServer& server, Places::Id id, bool refused) : server_(server), id_(id), refused_(refused) {}
    ~OneSeat() override { server_.Ended(id_, refused_); }
    void SetWaiting(bool waiting) override { server_.SetWaiting(id_, waiting); }
    void CountRefusal(absl::string_view reason) override { server_.CountRefusal(reason); }

   private:
    TheServer& server_;
    const Places::Id id_;
    const bool refused_;
  };

  absl::Status CheckPlaintext(const net::ip::address& address) const {
    if (!options_.tls_cert.empty() || address.is_loopback() || options_.allow_plaintext) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("refusing to listen on ", address.to_string(), " without TLS: it is not a loopback address"));
  }

  absl::Status Listen() {
    if (options_.listening >= 0) return Adopt();
    ASSIGN_OR_RETURN(const tcp::endpoint endpoint, ParseAddress(options_.address));
    RETURN_IF_ERROR(CheckPlaintext(endpoint.address()));
    error_code ec;
    acceptor_.open(endpoint.protocol(), ec);
    if (!ec) acceptor_.set_option(net::socket_base::reuse_address(true), ec);
    if (!ec) acceptor_.bind(endpoint, ec);
    if (!ec) acceptor_.listen(net::socket_base::max_listen_connections, ec);
    if (ec) return absl::UnavailableError(absl::StrCat("cannot listen on ", options_.address, ": ", ec.message()));
    return absl::OkStatus();
  }

  // Another process may hold the same socket: what this one does not accept, that one does.
  absl::Status Adopt() {
    sockaddr_storage name = {};
    socklen_t size = sizeof(name);
    error_code ec;
    if (::getsockname(options_.listening, reinterpret_cast<sockaddr*>(&name), &size) != 0 ||
        (name.ss_family != AF_INET && name.ss_family != AF_INET6)) {
      return absl::InvalidArgumentError(absl::StrCat("file descriptor ", options_.listening, " is no TCP socket"));
    }
    acceptor_.assign(name.ss_family == AF_INET ? tcp::v4() : tcp::v6(), options_.listening, ec);
    if (ec) return absl::UnavailableError(ec.message());
    return CheckPlaintext(acceptor_.local_endpoint().address());
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

  void Tick() {
    tick_.expires_after(std::chrono::seconds(10));
    tick_.async_wait([this](error_code stopped) {
      if (stopped || !acceptor_.is_open()) return;
      refusals_.Tick(options_.now());
      RenewCertificate();
      Tick();
    });
  }

  void RenewCertificate() {
    if (certificate_ == nullptr) return;
    const auto renewed = certificate_->Renew();
    const bool news = renewed.status() != renewal_;
    renewal_ = renewed.status();
    if (options_.logger == nullptr) return;
    if (!renewed.ok() && news) options_.logger->Error("certificate_not_renewed", {{"error", renewal_.message()}});
    if (renewed.ok() && *renewed) options_.logger->Info("certificate_renewed");
  }

  // Takes in what the kernel has already accepted, then closes the door; a crowd does not hold it open.
  void StopAccepting() {
    if (!acceptor_.is_open()) return;
    pause_.cancel();
    tick_.cancel();
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
    error_code ec;
    const net::ip::address address = socket.remote_endpoint(ec).address();
    if (ec) return;
    const std::string peer = address.to_string();
    std::shared_ptr<Connection> connection, gives_way;
    {
      absl::MutexLock lock(&mutex_);
      const Places::Id id = ++last_;
      // Behind a proxy there are many clients.
      const Places::Entry entry = places_.Enter(id, ShareOf(peer), options_.proxies.Contains(peer));
      const bool refused = entry.refused != Places::Refused::kNo;
      if (!refused || refused_ < kPoliteRefusals) {
        if (refused) ++refused_;
        Admission admission;
        admission.peer = peer;
        if (entry.refused == Places::Refused::kFull) admission.refusal = kFull;
        if (entry.refused == Places::Refused::kShare) admission.refusal = kShareTaken;
        admission.seat = std::make_unique<OneSeat>(*this, id, refused);
        if (entry.gives_way) gives_way = connections_[*entry.gives_way].lock();
        connection = MakeConnection(std::move(socket), certificate_ ? &certificate_->context() : nullptr, options_,
                                    handler_, std::move(admission));
        connections_[id] = connection;
        open_.Set(++count_);
      }
    }
    // Written when the lock is gone: a log line may take its time.
    if (connection == nullptr) return CountRefusal("DROPPED");
    connection->Start();
    if (gives_way == nullptr) return;
    evicted_.Increment();
    gives_way->GiveWay();
  }

  void SetWaiting(Places::Id id, bool waiting) {
    absl::MutexLock lock(&mutex_);
    places_.SetWaiting(id, waiting);
  }

  void Ended(Places::Id id, bool refused) {
    absl::MutexLock lock(&mutex_);
    if (refused) --refused_;
    places_.Leave(id);
    connections_.erase(id);
    open_.Set(--count_);
  }

  void CountRefusal(absl::string_view reason) {
    registry_
        .Counter("edudelta_http_refused_total", "Connections and requests that the edge itself refused, by reason.",
                 {{"reason", std::string(reason)}})
        .Increment();
    refusals_.Note(reason, options_.now());
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
    for (const auto& [id, weak] : connections_) {
      if (auto connection = weak.lock()) living.push_back(std::move(connection));
    }
    return living;
  }

  const ServerOptions options_;
  const Handler handler_;
  metrics::Registry& registry_;
  RefusalLog refusals_;
  prometheus::Gauge& open_;
  prometheus::Counter& evicted_;
  absl::Mutex mutex_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
  // Of these, those that have no place.
  int refused_ ABSL_GUARDED_BY(mutex_) = 0;
  Places::Id last_ ABSL_GUARDED_BY(mutex_) = 0;
  Places places_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<Places::Id, std::weak_ptr<Connection>> connections_ ABSL_GUARDED_BY(mutex_);
  // Null: plain text. Of the door's strand once it is open.
  std::unique_ptr<Certificate> certificate_;
  // What became of the last look at its files.
  absl::Status renewal_;
  net::io_context io_;
  // The io threads outlast the last connection: a second Drain needs them.
  const net::executor_work_guard<net::io_context::executor_type> awake_{io_.get_executor()};
  net::strand<net::io_context::executor_type> door_;
  tcp::acceptor acceptor_;
  net::steady_timer pause_, tick_;
  int port_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, Handler handler,
                                                      metrics::Registry& registry) {
  auto server = std::make_unique<TheServer>(options, std::move(handler), registry);
  RETURN_IF_ERROR(server->Open());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace edudelta::gateway::http
