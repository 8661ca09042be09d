#include "common/service/runtime.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
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
#include "common/service/backfills.h"
#include "common/service/follow.h"
#include "common/service/options.h"
#include "common/service/periodic.h"

namespace edudelta::service {
namespace {

constexpr absl::Duration kSweepPause = absl::Minutes(10);
constexpr absl::Duration kPingPause = absl::Seconds(1);
// How soon a process that leads sets gauges, and one that does not any more takes them back.
constexpr absl::Duration kGaugesPause = absl::Seconds(1);
// The database is away when it has not answered so many times, one after the other.
constexpr int kMostPingsLost = 2;

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
  // From here on health says NOT_SERVING, whatever the readiness finds.
  server->Drain();
  gauging.reset();
  // Another process tells of the registers soon.
  gauges.Turn(false).IgnoreError();
  readiness.reset();
  frame_->Drain();
  for (const auto& [dataset, follower] : followers_) follower->Stop();
  relay_->Stop();
  logger_->Info("stopped");
  return absl::OkStatus();
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
