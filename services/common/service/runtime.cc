#include "common/service/runtime.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/build.h"
#include "common/base/error.h"
#include "common/base/memory.h"
#include "common/base/status.h"
#include "common/db/table_cache.h"
#include "common/describe/declared.h"
#include "common/describe/district.h"
#include "common/metrics/process.h"
#include "common/outbox/feed.h"
#include "common/resource/standard.h"
#include "common/rpc/client.h"
#include "common/rpc/probe.h"
#include "common/rpc/signals.h"
#include "common/service/backfills.h"
#include "common/service/follow.h"
#include "common/service/periodic.h"

extern char** environ;

namespace edudelta::service {
namespace {

constexpr absl::Duration kSweepPause = absl::Minutes(10);
constexpr absl::Duration kPingPause = absl::Seconds(1);
// How soon a process that leads sets gauges, and one that does not any more takes them back.
constexpr absl::Duration kGaugesPause = absl::Seconds(1);
// The database is away when it has not answered so many times, one after the other.
constexpr int kMostPingsLost = 2;

std::string AddressName(const std::string& peer) {
  return absl::StrCat("EDUDELTA_", absl::AsciiStrToUpper(peer), "_ADDRESS");
}

db::Options DatabaseOptions(const config::Common& config) {
  db::Options options;
  options.url = config.db_url;
  options.password = config.db_password;
  options.ssl_ca = config.db_ssl_ca;
  options.connections = config.connections;
  options.network_timeout = config.network_timeout;
  return options;
}

rpc::TlsFiles TlsOf(const config::Common& config) {
  rpc::TlsFiles files;
  files.cert = config.tls_cert;
  files.key = config.tls_key;
  files.ca = config.tls_ca;
  return files;
}

// The account that may change the schema.
db::Options DdlOptions(const config::Common& config) {
  db::Options options = DatabaseOptions(config);
  options.url = config.db_ddl_url;
  options.password = config.db_ddl_password;
  return db::ForMigrations(options);
}

absl::Status MigrateDatabase(const Definition& definition, const config::Common& config) {
  metrics::Registry metrics;
  ASSIGN_OR_RETURN(std::unique_ptr<db::Pool> pool, db::Pool::Create(DdlOptions(config), metrics));
  return Migrate(definition, *pool);
}

absl::StatusOr<std::string> DraftForDatabase(const Definition& definition, const config::Common& config) {
  metrics::Registry metrics;
  std::string draft;
  ASSIGN_OR_RETURN(std::unique_ptr<db::Pool> pool, db::Pool::Create(DdlOptions(config), metrics));
  RETURN_IF_ERROR(pool->Read(absl::InfiniteFuture(), [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(draft, DraftMigrations(definition, session));
    return absl::OkStatus();
  }));
  return draft;
}

int Fail(const Definition& definition, const absl::Status& status) {
  std::string reason = ReasonOf(status);
  std::fprintf(stderr, "%s: %s%s%s\n", definition.name.c_str(), reason.c_str(), reason.empty() ? "" : ": ",
               std::string(status.message()).c_str());
  return 1;
}

// Names need no escaping.
template <typename Names>
std::string JsonList(const Names& names) {
  return names.empty() ? "[]" : absl::StrCat("[\"", absl::StrJoin(names, "\", \""), "\"]");
}

// One more of those who wait, as long as it lives.
class Waiting {
 public:
  explicit Waiting(std::atomic<int>& all) : all_(all), number_(++all) {}
  ~Waiting() { --all_; }
  Waiting(const Waiting&) = delete;
  int number() const { return number_; }

 private:
  std::atomic<int>& all_;
  const int number_;
};

absl::Status ProbeOwn(const config::Common& config, int argc, char** argv) {
  // The port asks for a certificate, the socket for none.
  if (config.listen_unix.empty()) return absl::InvalidArgumentError("--probe needs EDUDELTA_LISTEN_UNIX");
  return RunProbe(argc, argv,
                  [&](Health health) { return rpc::AskHealth(absl::StrCat("unix:", config.listen_unix), health); });
}

// {"name": "planning", "asks": ["teachers", "facilities"], "follows": [], "peers": ["facilities", "teachers"]}
int PrintService(const Definition& definition) {
  std::printf("{\"name\": \"%s\", \"asks\": %s, \"follows\": %s, \"peers\": %s}\n", definition.name.c_str(),
              JsonList(describe::DeclarationOf(definition.name).asks()).c_str(),
              JsonList(SourcesOf(definition.name)).c_str(), JsonList(PeersOf(definition.name)).c_str());
  return 0;
}

int PrintVersion(const std::string& name) {
  std::printf("edudelta-%s %s (%s)\n", name.c_str(), kVersion, kRevision);
  return 0;
}

}  // namespace

Runtime::Runtime(const Definition& definition, config::Common config, std::map<std::string, std::string> peer_addresses)
    : definition_(definition),
      descriptor_(describe::FindService(definition.name)),
      config_(std::move(config)),
      peer_addresses_(std::move(peer_addresses)),
      codes_(codes::CodeSets::Embedded()),
      working_days_(calendar::WorkingDays::Embedded()),
      failpoints_(config_.failpoints) {
  log::Level level = log::Level::kInfo;
  log::ParseLevel(config_.log_level, &level);
  logger_ = std::make_unique<log::Logger>(definition_.name, clock_, level);
}

Runtime::~Runtime() = default;

absl::Status Runtime::Build(bool connect) {
  if (descriptor_ == nullptr) {
    return Refused("SERVICE_DECLARATION", "没有这个服务的声明", {{"service", definition_.name}});
  }
  if (connect) {
    ASSIGN_OR_RETURN(crypto::FieldCipher cipher, crypto::FieldCipher::FromFile(config_.field_key_file));
    cipher_ = std::make_unique<crypto::FieldCipher>(std::move(cipher));
  } else {
    ASSIGN_OR_RETURN(crypto::FieldCipher cipher, crypto::FieldCipher::FromJson(crypto::FieldCipher::GenerateKeyJson()));
    cipher_ = std::make_unique<crypto::FieldCipher>(std::move(cipher));
  }
  db::Options options = DatabaseOptions(config_);
  if (!connect) options.url = "mysql://nobody@127.0.0.1:1/nothing";
  ASSIGN_OR_RETURN(pool_, db::Pool::Create(options, metrics_));
  options.connections = config_.bulk_connections;
  ASSIGN_OR_RETURN(bulk_pool_, db::Pool::Create(options, metrics_));
  for (const auto& [name, address] : peer_addresses_) {
    if (address.empty()) continue;
    rpc::PeerOptions peer;
    peer.address = address;
    peer.tls = TlsOf(config_);
    // Its certificate's name, by whatever address it is reached.
    if (peer.tls.enabled()) peer.tls_name = name;
    ASSIGN_OR_RETURN(peers_[name], rpc::Connect(peer));
    peer_calls_[name] = 0;
  }
  writer_ = std::make_unique<outbox::Writer>(*cipher_);
  // Events are kept for ever: a new follower starts at the first one, as long as feeds have no snapshots.
  relay_ = std::make_unique<outbox::Relay>(outbox::Relay::Options(), *pool_, metrics_, *logger_, clock_);
  RETURN_IF_ERROR(CheckDeclarations(definition_.name));
  RETURN_IF_ERROR(Follow(connect));
  rpc::Frame::Options frame;
  frame.workers = config_.workers;
  frame.queue = config_.queue;
  frame.stream_workers = config_.stream_workers;
  frame.default_deadline = config_.default_deadline;
  frame.service = definition_.name;
  frame.log_one_call_in = config_.log_one_call_in;
  frame.trusted_names = config_.trusted_names;
  frame_ = std::make_unique<rpc::Frame>(frame, metrics_, *logger_, clock_);
  RETURN_IF_ERROR(MakeEngines());
  RETURN_IF_ERROR(Backfills::Check(definition_.backfills, [this](absl::string_view dataset) -> const resource::Engine* {
    const auto it = engines_.find(dataset);
    return it == engines_.end() ? nullptr : it->second.get();
  }));
  return connect ? CheckDatabase() : absl::OkStatus();
}

absl::Status Runtime::MakeEngines() {
  std::map<const google::protobuf::Descriptor*, resource::Rules> rules;
  for (const Definition::ResourceRules& one : definition_.rules) {
    if (rules.try_emplace(one.type, one.make(*this)).second) continue;
    return Refused("SERVICE_DECLARATION", "同一资源有两组规则",
                   {{"service", definition_.name}, {"resource", one.type->full_name()}});
  }
  const resource::Parts parts{
      *pool_, *bulk_pool_, *cipher_, codes_, clock_, *writer_, *references_, chunk_slots_, [this] {
        failpoints_.Pass("after_commit");
        relay_->Notify();
      }};
  for (const google::protobuf::Descriptor* type : describe::ResourcesOf({descriptor_})) {
    ASSIGN_OR_RETURN(std::unique_ptr<resource::Table> table, resource::Table::Build(type, codes_));
    ASSIGN_OR_RETURN(std::vector<resource::Transition> transitions, resource::TransitionsOf(*table));
    RETURN_IF_ERROR(resource::CheckRules(*table, transitions, rules[type]));
    engines_[table->dataset()] =
        std::make_unique<resource::Engine>(parts, *table, std::move(transitions), std::move(rules[type]));
    rules.erase(type);
    tables_.push_back(std::move(table));
  }
  if (rules.empty()) return absl::OkStatus();
  return Refused("SERVICE_DECLARATION", "规则所指的资源不属于本服务",
                 {{"service", definition_.name}, {"resource", rules.begin()->first->full_name()}});
}

absl::Status Runtime::CheckDatabase() {
  return pool_->Read(clock_.Now() + absl::Seconds(10), [&](db::Session& session) -> absl::Status {
    RETURN_IF_ERROR(db::CheckMigrations(session, db::WithCommonMigrations(definition_.migrations)));
    for (const auto& table : tables_) RETURN_IF_ERROR(table->CheckSchema(session));
    for (const auto& copy : copies_) RETURN_IF_ERROR(copy->CheckSchema(session));
    // Last: by now all tables of this service are open.
    ASSIGN_OR_RETURN(const db::TableCache cache, db::CheckTableCache(session));
    if (cache.full()) logger_->Warning("table_cache_full", {{"open", cache.open}, {"keeps", cache.keeps}});
    return absl::OkStatus();
  });
}

resource::Engine& Runtime::engine(absl::string_view dataset) { return *engines_.find(dataset)->second; }

std::shared_ptr<grpc::Channel> Runtime::PeerChannel(const std::string& name) const {
  const auto it = peers_.find(name);
  return it == peers_.end() ? nullptr : it->second;
}

absl::Status Runtime::CallPeer(const rpc::Call& call, const std::string& peer, const std::string& method,
                               const google::protobuf::Message& request, google::protobuf::Message* response) {
  const auto* service = describe::FindService(peer);
  const auto* found = service == nullptr ? nullptr : service->FindMethodByName(method);
  const std::shared_ptr<grpc::Channel> channel = PeerChannel(peer);
  const bool asked = absl::c_linear_search(describe::DeclarationOf(definition_.name).asks(), peer);
  if (!asked || channel == nullptr || found == nullptr || found->input_type() != request.GetDescriptor() ||
      found->output_type() != response->GetDescriptor()) {
    return Error(absl::StatusCode::kInternal, "METHOD_UNKNOWN", "系统内部错误", {{"peer", peer}, {"method", method}});
  }
  // Of a service that hangs, no more than half of the workers ever wait.
  const Waiting waiting(peer_calls_.at(peer));
  if (waiting.number() > std::max(1, config_.workers / 2)) {
    return Error(absl::StatusCode::kResourceExhausted, "OVERLOADED", "系统繁忙，请稍后再试", {{"peer", peer}});
  }
  rpc::Context context(definition_.name, call);
  return rpc::Invoke(*channel, *found, context, request, response);
}

rpc::Call Runtime::OwnCall(absl::Time deadline) const {
  rpc::Call call;
  call.caller = rpc::ServiceCaller(definition_.name);
  call.deadline = deadline;
  return call;
}

absl::Status Runtime::Serve(const std::function<void()>& stop) {
  rpc::DescribedService api(descriptor_, *frame_);
  resource::ServeStandard(api, [this](absl::string_view dataset) {
    const auto it = engines_.find(dataset);
    return it == engines_.end() ? nullptr : it->second.get();
  });
  if (definition_.serve) definition_.serve(*this, api);
  RETURN_IF_ERROR(api.Check());
  const std::unique_ptr<rpc::DescribedService> feed = outbox::MakeFeedService(*frame_, *pool_, *cipher_);
  RETURN_IF_ERROR(feed->Check());
  rpc::Server::Options options;
  options.unix_path = config_.listen_unix;
  options.address = config_.listen_address;
  options.tls = TlsOf(config_);
  options.allow_plaintext = config_.allow_plaintext;
  options.drain_delay = config_.drain_delay;
  options.drain_limit = config_.drain_limit;
  metrics::ExportProcess(metrics_, kVersion, kRevision);
  metrics::ExportCertificates(metrics_, {{"listen", config_.tls_cert}, {"ca", config_.tls_ca}});
  ASSIGN_OR_RETURN(std::unique_ptr<metrics::Exporter> exporter,
                   metrics::Exporter::Start(config_.metrics_address, metrics_));
  ASSIGN_OR_RETURN(std::unique_ptr<rpc::Server> server,
                   rpc::Server::Start(options, {api.service(), feed->service()}, *logger_));
  const MemoryKeeper memory;
  relay_->Start();
  for (const auto& [dataset, follower] : followers_) follower->Start();
  Periodic sweep(kSweepPause, "request_log_not_swept", *logger_, [this] {
    return pool_->Read(clock_.Now() + kSweepPause,
                       [](db::Session& session) { return resource::RequestLog::DropOld(session); });
  });
  RegionGauges gauges(definition_.gauges, *bulk_pool_, metrics_, clock_);
  auto gauging = std::make_unique<Periodic>(kGaugesPause, "region_gauges_not_set", *logger_,
                                            [this, &gauges] { return gauges.Turn(relay_->leads()); });
  auto backfills = std::make_unique<Backfills>(
      definition_.backfills, [this](absl::string_view dataset) -> resource::Engine& { return engine(dataset); },
      rpc::ServiceCaller(definition_.name), *bulk_pool_, *logger_, clock_);
  std::shared_ptr<void> background = definition_.background ? definition_.background(*this) : nullptr;
  server->SetServing(true);
  logger_->Info("serving", {{"metrics_port", exporter->port()}});
  // Over a connection of its own: a busy pool says nothing about the database. A silent one is lost soon.
  db::Options asking = DatabaseOptions(config_);
  asking.connections = 1;
  asking.connect_timeout = asking.network_timeout = 2 * kPingPause;
  ASSIGN_OR_RETURN(const std::unique_ptr<db::Pool> asked, db::Pool::Create(asking, metrics_));
  auto readiness =
      std::make_unique<Periodic>(kPingPause, "database_away", *logger_, [&server, &asked, lost = 0]() mutable {
        const absl::Status status = asked->Ping(absl::InfiniteFuture());
        lost = status.ok() ? 0 : lost + 1;
        if (lost > 0 && lost < kMostPingsLost) return absl::OkStatus();
        server->SetServing(lost == 0);
        return status;
      });
  stop();
  logger_->Info("draining");
  background.reset();
  backfills.reset();
  gauging.reset();
  // Another process tells of the registers soon.
  gauges.Turn(false).IgnoreError();
  // From here on health says NOT_SERVING, whatever the readiness finds.
  server->Drain();
  readiness.reset();
  frame_->Drain();
  for (const auto& [dataset, follower] : followers_) follower->Stop();
  relay_->Stop();
  logger_->Info("stopped");
  return absl::OkStatus();
}

int Run(int argc, char** argv, const Definition& definition) {
  BoundFreeMemory();
  rpc::Signals signals;
  const std::string flag = argc > 1 ? argv[1] : "";
  if (const absl::Status status = CheckDeclarations(definition.name); !status.ok()) return Fail(definition, status);
  if (flag == "--version") return PrintVersion(definition.name);
  if (flag == "--print-service") return PrintService(definition);
  config::Reader reader(environ);
  config::Common config;
  config::ReadCommon(reader, &config);
  std::map<std::string, std::string> peers;
  const bool ddl = flag == "--migrate" || flag == "--draft-migration";
  const auto need = ddl ? config::Need::kOptional : config::Need::kRequired;
  for (const std::string& peer : PeersOf(definition.name)) reader.String(AddressName(peer), &peers[peer], need);
  if (definition.read_config) definition.read_config(reader);
  if (flag == "--describe" || flag == "--describe-access") {
    Runtime runtime(definition, config, {});
    if (const absl::Status status = runtime.Build(false); !status.ok()) return Fail(definition, status);
    std::fputs((flag == "--describe" ? runtime.Describe() : runtime.DescribeAccess()).c_str(), stdout);
    return 0;
  }
  if (const absl::Status status = reader.Finish(); !status.ok()) return Fail(definition, status);
  if (flag == "--check-config") {
    std::fputs(reader.Table().c_str(), stdout);
    return 0;
  }
  if (flag == "--probe") {
    const absl::Status status = ProbeOwn(config, argc, argv);
    return status.ok() ? 0 : Fail(definition, status);
  }
  if (flag == "--migrate") {
    const absl::Status status = MigrateDatabase(definition, config);
    return status.ok() ? 0 : Fail(definition, status);
  }
  if (flag == "--draft-migration") {
    const absl::StatusOr<std::string> draft = DraftForDatabase(definition, config);
    if (!draft.ok()) return Fail(definition, draft.status());
    std::fputs(draft->c_str(), stdout);
    return 0;
  }
  Runtime runtime(definition, config, peers);
  if (const absl::Status status = runtime.Build(true); !status.ok()) return Fail(definition, status);
  if (!flag.empty()) {
    if (!definition.run_command) {
      std::fprintf(stderr,
                   "usage: %s [--migrate | --draft-migration | --describe | --describe-access | --check-config | "
                   "--print-service | --version | --probe live|ready [--wait 30s]]
",
                   argv[0]);
      return 2;
    }
    const absl::Status status = definition.run_command(runtime, flag, argc > 2 ? argv[2] : "");
    return status.ok() ? 0 : Fail(definition, status);
  }
  const absl::Status status = runtime.Serve([&] { signals.Wait(); });
  return status.ok() ? 0 : Fail(definition, status);
}

absl::Status Authorize(const rpc::Call& call, absl::string_view name) {
  const auto& method = call.method->options().GetExtension(options::v1::method);
  if (call.caller.has_scope()) {
    if (!method.dataset().empty() && method.dataset() == call.caller.scope().dataset()) return absl::OkStatus();
    return Denied("METHOD_NOT_SHARED", "协议不包括此方法");
  }
  // Services act everywhere.
  if (!resource::HoldsRole(call.caller, method.role(), name.empty() ? absl::string_view("*") : name)) {
    return resource::RoleMissing();
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(name, '/');
  if (parts.front() == "districts" && (parts.size() < 2 || !describe::IsDistrictCode(parts[1]))) {
    return Invalid("name", "NAME_INVALID", "名称应为 districts/{六位区划代码}");
  }
  return absl::OkStatus();
}

}  // namespace edudelta::service
