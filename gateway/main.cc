#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/build.h"
#include "common/base/clock.h"
#include "common/base/failpoint.h"
#include "common/base/memory.h"
#include "common/base/probe.h"
#include "common/base/status.h"
#include "common/config/reader.h"
#include "common/describe/describe.h"
#include "common/log/log.h"
#include "common/metrics/process.h"
#include "common/metrics/registry.h"
#include "common/rpc/signals.h"
#include "gateway/forward/backends.h"
#include "gateway/forward/gateway.h"
#include "gateway/forward/headers.h"
#include "gateway/forward/status_port.h"
#include "gateway/http/probe.h"
#include "gateway/policy/watcher.h"

namespace edudelta::gateway {
namespace {

// The name of the variable stands beside each value.
struct Config {
  std::string node_id = "local";                // EDUDELTA_NODE_ID
  std::string metrics_address = "127.0.0.1:0";  // EDUDELTA_GATEWAY_METRICS_ADDRESS
  std::string log_level = "info";               // EDUDELTA_GATEWAY_LOG_LEVEL
  absl::Duration drain_delay =
      absl::ZeroDuration();  // EDUDELTA_GATEWAY_DRAIN_DELAY: between not ready and no more connections
  absl::Duration drain_limit = absl::Seconds(20);  // EDUDELTA_GATEWAY_DRAIN_LIMIT
  http::ServerOptions http;                        // EDUDELTA_GATEWAY_LISTEN_ADDRESS, _TLS_CERT_FILE, ...
  forward::GatewayOptions forward;                 // EDUDELTA_GATEWAY_TIMEOUT, _RATE_PER_SECOND, ...
  // Services by name: EDUDELTA_PLANNING_ADDRESS=unix:/run/edudelta/planning.sock or host:port. Without an address a
  // service has no routes; exchange must have one.
  std::map<std::string, rpc::PeerOptions> backends;
  rpc::TlsFiles backend_tls;  // EDUDELTA_GATEWAY_BACKEND_TLS_CERT_FILE, ...
  // EDUDELTA_FAILPOINTS, for fault tests: "before_reply=7" ends the process (as kill -9 does) at the seventh pass.
  std::vector<std::string> failpoints;
};

void ReadBackends(config::Reader& reader, Config* config) {
  rpc::TlsFiles& tls = config->backend_tls;
  reader.File("EDUDELTA_GATEWAY_BACKEND_TLS_CERT_FILE", &tls.cert);
  reader.File("EDUDELTA_GATEWAY_BACKEND_TLS_KEY_FILE", &tls.key);
  reader.File("EDUDELTA_GATEWAY_BACKEND_TLS_CA_FILE", &tls.ca);
  for (const std::string& service : std::vector<std::string>(absl::StrSplit(EDUDELTA_SERVICES, ','))) {
    rpc::PeerOptions peer;
    peer.tls = tls;
    peer.tls_name = tls.enabled() ? service : "";
    reader.String(absl::StrCat("EDUDELTA_", absl::AsciiStrToUpper(service), "_ADDRESS"), &peer.address,
                  service == "exchange" ? config::Need::kRequired : config::Need::kOptional);
    if (!peer.address.empty()) config->backends[service] = peer;
  }
}

void ReadConfig(config::Reader& reader, Config* config) {
  std::vector<std::string> origins, proxies;
  int rate = static_cast<int>(config->forward.rate_per_second);
  int burst = static_cast<int>(config->forward.rate_burst);
  int logins = static_cast<int>(config->forward.logins_per_second);
  int upload_rate = static_cast<int>(config->forward.upload_bytes_per_second);
  reader.String("EDUDELTA_NODE_ID", &config->node_id);
  reader.String("EDUDELTA_GATEWAY_LISTEN_ADDRESS", &config->http.address);
  reader.File("EDUDELTA_GATEWAY_TLS_CERT_FILE", &config->http.tls_cert);
  reader.File("EDUDELTA_GATEWAY_TLS_KEY_FILE", &config->http.tls_key);
  reader.Bool("EDUDELTA_GATEWAY_ALLOW_PLAINTEXT", &config->http.allow_plaintext);
  reader.Int("EDUDELTA_GATEWAY_IO_THREADS", &config->http.io_threads, 1, 64);
  reader.Int("EDUDELTA_GATEWAY_MAX_CONNECTIONS", &config->http.max_connections, 1, 1000000);
  reader.Int("EDUDELTA_GATEWAY_MAX_CONNECTIONS_PER_ADDRESS", &config->http.max_connections_per_address, 0, 1000000);
  reader.Duration("EDUDELTA_GATEWAY_IDLE_TIMEOUT", &config->http.idle_timeout);
  reader.Duration("EDUDELTA_GATEWAY_BODY_TIMEOUT", &config->http.body_timeout);
  reader.Duration("EDUDELTA_GATEWAY_WRITE_TIMEOUT", &config->http.write_timeout);
  reader.List("EDUDELTA_GATEWAY_CORS_ORIGINS", &origins);
  reader.List("EDUDELTA_GATEWAY_TRUSTED_PROXIES", &proxies);
  auto trusted = http::TrustedProxies::Parse(proxies);
  if (trusted.ok()) config->http.proxies = *std::move(trusted);
  if (!trusted.ok()) reader.Problem(absl::StrCat("EDUDELTA_GATEWAY_TRUSTED_PROXIES: ", trusted.status().message()));
  reader.Duration("EDUDELTA_GATEWAY_TIMEOUT", &config->forward.default_timeout);
  reader.Duration("EDUDELTA_GATEWAY_STREAM_TIMEOUT", &config->forward.stream_timeout);
  reader.Int("EDUDELTA_GATEWAY_STREAM_WORKERS", &config->forward.stream_workers, 1, 256);
  reader.Int("EDUDELTA_GATEWAY_STREAMS_PER_PRINCIPAL", &config->forward.streams_per_principal, 1, 512);
  reader.Int("EDUDELTA_GATEWAY_UPLOAD_BYTES_PER_SECOND", &upload_rate, 1, 1000000000);
  reader.Int("EDUDELTA_GATEWAY_RATE_PER_SECOND", &rate, 1, 10000000);
  reader.Int("EDUDELTA_GATEWAY_RATE_BURST", &burst, 1, 10000000);
  reader.Int("EDUDELTA_GATEWAY_LOGINS_PER_SECOND", &logins, 1, 100000);
  reader.String("EDUDELTA_GATEWAY_METRICS_ADDRESS", &config->metrics_address);
  reader.Choice("EDUDELTA_GATEWAY_LOG_LEVEL", &config->log_level, {"debug", "info", "warning", "error"});
  reader.LogCalls("EDUDELTA_GATEWAY_LOG_CALLS", &config->forward.log_one_call_in);
  reader.Duration("EDUDELTA_GATEWAY_DRAIN_DELAY", &config->drain_delay);
  reader.Duration("EDUDELTA_GATEWAY_DRAIN_LIMIT", &config->drain_limit);
  if (Failpoints::BuiltIn()) reader.List("EDUDELTA_FAILPOINTS", &config->failpoints);
  ReadBackends(reader, config);
  config->http.cors = forward::CorsFor(std::move(origins));
  config->forward.rate_per_second = rate;
  config->forward.rate_burst = burst;
  config->forward.logins_per_second = logins;
  config->forward.upload_bytes_per_second = upload_rate;
  config->forward.login_burst = 10.0 * logins;
}

std::vector<const google::protobuf::ServiceDescriptor*> ServicesOf(const Config& config) {
  std::vector<const google::protobuf::ServiceDescriptor*> services;
  for (const auto& [service, peer] : config.backends) {
    if (const auto* known = describe::FindService(service)) services.push_back(known);
  }
  return services;
}

// The first of the sockets that listen already, as systemd hands them over (sd_listen_fds(3)); -1 without one.
int HandedOver() {
  const char* const pid = std::getenv("LISTEN_PID");
  const char* const count = std::getenv("LISTEN_FDS");
  int process = 0, sockets = 0;
  const bool ours = pid != nullptr && count != nullptr && absl::SimpleAtoi(pid, &process) && process == getpid() &&
                    absl::SimpleAtoi(count, &sockets) && sockets > 0;
  return ours ? 3 : -1;
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return 1;
}

absl::Status ProbeOwn(const Config& config, int argc, char** argv) {
  return RunProbe(argc, argv, [&](Health health) {
    return http::Get(config.metrics_address, health == Health::kReady ? "/readyz" : "/healthz");
  });
}

int Run(const Config& config) {
  BoundFreeMemory();
  rpc::Signals signals;
  const SystemClock clock;
  log::Level level = log::Level::kInfo;
  log::ParseLevel(config.log_level, &level);
  const log::Logger logger("gateway", clock, level);
  metrics::Registry registry;
  metrics::ExportProcess(registry, kVersion, kRevision);
  metrics::ExportCertificates(
      registry,
      {{"listen", config.http.tls_cert}, {"backend", config.backend_tls.cert}, {"backend_ca", config.backend_tls.ca}});
  auto backends = forward::Backends::Connect(config.backends);
  if (!backends.ok()) return Fail(backends.status());
  policy::Store store(clock);
  const auto watcher = policy::Watcher::Start((*backends)->ChannelOf("exchange"), config.node_id, store, logger);
  Failpoints failpoints(config.failpoints);
  forward::GatewayOptions options = config.forward;
  options.failpoints = &failpoints;
  auto gateway = forward::Gateway::Make(options, ServicesOf(config), **backends, store, registry, logger, clock);
  if (!gateway.ok()) return Fail(gateway.status());
  http::ServerOptions status_options;
  status_options.address = config.metrics_address;
  status_options.allow_plaintext = true;
  status_options.io_threads = 1;
  status_options.max_connections = 64;
  // Its connections are not the edge's.
  metrics::Registry not_told;
  auto status = http::Server::Start(status_options, forward::StatusHandler(**gateway, registry), not_told);
  if (!status.ok()) return Fail(status.status());
  http::ServerOptions edge = config.http;
  edge.listening = HandedOver();
  edge.logger = &logger;
  auto server = http::Server::Start(
      edge, [&gateway](std::shared_ptr<http::Exchange> exchange) { (*gateway)->Handle(std::move(exchange)); },
      registry);
  if (!server.ok()) return Fail(server.status());
  const MemoryKeeper memory;
  logger.Info("listening", {{"address", config.http.address},
                            {"port", (*server)->port()},
                            {"metrics_port", (*status)->port()},
                            {"tls", !config.http.tls_cert.empty()}});
  const int signal = signals.Wait();
  logger.Info("draining", {{"signal", signal}});
  (*gateway)->SetDraining();
  absl::SleepFor(config.drain_delay);
  (*server)->Drain(config.drain_limit);
  server->reset();
  status->reset();
  gateway->reset();
  logger.Info("stopped");
  return 0;
}

}  // namespace
}  // namespace edudelta::gateway

int main(int argc, char** argv) {
  using edudelta::gateway::Config;
  const std::string flag = argc > 1 ? argv[1] : "";
  const bool probe = flag == "--probe";
  if ((argc > 2 && !probe) || (!flag.empty() && flag != "--check-config" && flag != "--version" && !probe)) {
    std::fprintf(stderr, "usage: gateway [--check-config | --version | --probe live|ready [--wait 30s]]\n");
    return 2;
  }
  if (flag == "--version") {
    std::printf("edudelta-gateway %s (%s)\n", edudelta::kVersion, edudelta::kRevision);
    return 0;
  }
  Config config;
  edudelta::config::Reader reader(environ);
  edudelta::gateway::ReadConfig(reader, &config);
  // Whatever has become of its files since: the process runs, or it does not.
  if (probe) {
    const absl::Status status = edudelta::gateway::ProbeOwn(config, argc, argv);
    return status.ok() ? 0 : edudelta::gateway::Fail(status);
  }
  if (const absl::Status status = reader.Finish(); !status.ok()) return edudelta::gateway::Fail(status);
  if (flag == "--check-config") {
    std::fputs(reader.Table().c_str(), stdout);
    return 0;
  }
  return edudelta::gateway::Run(config);
}
