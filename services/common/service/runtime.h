#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/failpoint.h"
#include "common/calendar/working_days.h"
#include "common/config/config.h"
#include "common/db/migrator.h"
#include "common/log/log.h"
#include "common/metrics/registry.h"
#include "common/outbox/follower.h"
#include "common/outbox/relay.h"
#include "common/resource/backfill.h"
#include "common/resource/copy.h"
#include "common/resource/engine.h"
#include "common/resource/references.h"
#include "common/rpc/described_service.h"
#include "common/rpc/serve.h"
#include "common/rpc/server.h"
#include "common/service/region_gauges.h"

namespace grpc {
class Channel;
}

namespace edudelta::service {

class Runtime;

// What is true of one service alone. Its methods and resources follow from its name, by the descriptor of
// edudelta.<name>.v1.
struct Definition {
  // "planning"
  std::string name;
  // What the annotations of a resource cannot say.
  struct ResourceRules {
    const google::protobuf::Descriptor* type = nullptr;
    // Called once, before there are engines: rules find those when they are asked.
    std::function<resource::Rules(Runtime&)> make = {};
  };
  std::vector<ResourceRules> rules = {};
  // The service's own; the common ones are added.
  std::vector<db::Migration> migrations;
  // An event of a followed dataset, in the transaction that notes it as handled.
  struct Arrival {
    // The service itself, on nobody's behalf.
    const rpc::Call& call;
    db::Tx& tx;
    // The transaction's time, as engines want it.
    const std::string& now;
    const feed::v1::Event& event;
  };
  // What the service does when such an event arrives, once for each; e.g. makes rows of its own through an engine
  // (Writer::InsertAll). A failure stops the feed at this event until it succeeds.
  struct FollowRule {
    // "planning.School"; one that the service follows by its declarations.
    std::string dataset;
    std::function<absl::Status(Runtime&, const Arrival&)> arrive = {};
  };
  std::vector<FollowRule> follow = {};
  // Changes of rows of earlier releases, made once after SERVING.
  std::vector<resource::Backfill> backfills = {};
  // Of all its districts, for those who watch.
  std::vector<RegionGauge> gauges = {};
  // Variables of its own.
  std::function<void(config::Reader&)> read_config = {};
  // Further command-line switches, e.g. "--bootstrap-admin", with one argument; run instead of serving.
  std::function<absl::Status(Runtime&, const std::string& flag, const std::string& argument)> run_command = {};
  // Registers the custom methods; handlers keep what they need.
  std::function<void(Runtime&, rpc::DescribedService&)> serve = {};
  // Started after SERVING and stopped before the drain.
  std::function<std::shared_ptr<void>(Runtime&)> background = {};
};

// One running service: configuration, log, metrics, pool, engines, outbox, frame. Made by Run.
class Runtime {
 public:
  Runtime(const Definition& definition, config::Common config, std::map<std::string, std::string> peer_addresses);
  ~Runtime();

  // Up to engines: everything but listening. `connect`: check migrations and columns in the database.
  absl::Status Build(bool connect);
  // Listens, serves and follows until `stop` returns. NOT_SERVING while the database cannot be reached.
  absl::Status Serve(const std::function<void()>& stop);

  const config::Common& config() const { return config_; }
  log::Logger& logger() { return *logger_; }
  metrics::Registry& metrics() { return metrics_; }
  const Clock& clock() const { return clock_; }
  const codes::CodeSets& codes() const { return codes_; }
  const calendar::WorkingDays& working_days() const { return working_days_; }
  const crypto::FieldCipher& cipher() const { return *cipher_; }
  db::Pool& pool() { return *pool_; }
  rpc::Frame& frame() { return *frame_; }
  outbox::Writer& outbox() { return *writer_; }
  Failpoints& failpoints() { return failpoints_; }
  // By dataset, "planning.School"; it must be one of the service's.
  resource::Engine& engine(absl::string_view dataset);
  // Calls a method ("SummarizeStaff") of a service that this one asks by its declaration ("teachers"), as this service
  // on behalf of the caller of `call` and by its deadline. Blocks; statuses are those of rpc::Invoke. INTERNAL, reason
  // METHOD_UNKNOWN, when it is not asked or has no such method of these types; RESOURCE_EXHAUSTED, reason OVERLOADED,
  // when half of the workers wait for that peer already.
  absl::Status CallPeer(const rpc::Call& call, const std::string& peer, const std::string& method,
                        const google::protobuf::Message& request, google::protobuf::Message* response);
  // Pulls the feed of a followed dataset; see Follower::CatchUp.
  absl::Status CatchUp(const std::string& dataset, absl::Time deadline);
  const Definition& definition() const { return definition_; }
  const google::protobuf::ServiceDescriptor& descriptor() const { return *descriptor_; }

  // What --describe prints: patterns, routes, columns, SQL, states.
  std::string Describe() const;
  // What --describe-access prints: the matrix of resources, methods and roles.
  std::string DescribeAccess() const;

 private:
  // Null without an address (in --describe, where nobody calls).
  std::shared_ptr<grpc::Channel> PeerChannel(const std::string& name) const;
  absl::Status CheckDatabase();
  // The service itself, on nobody's behalf.
  rpc::Call OwnCall(absl::Time deadline) const;
  absl::Status MakeEngines();
  // Copies and, when it connects, followers of the datasets that the declarations name.
  absl::Status Follow(bool connect);
  absl::Status Arrive(const resource::Copy& copy, db::Tx& tx, const feed::v1::Event& event,
                      outbox::Follower::Turn turn);

  const Definition& definition_;
  const google::protobuf::ServiceDescriptor* const descriptor_;
  const config::Common config_;
  const std::map<std::string, std::string> peer_addresses_;
  SystemClock clock_;
  metrics::Registry metrics_;
  const codes::CodeSets codes_;
  const calendar::WorkingDays working_days_;
  Failpoints failpoints_;
  std::unique_ptr<log::Logger> logger_;
  std::unique_ptr<crypto::FieldCipher> cipher_;
  std::unique_ptr<db::Pool> pool_;
  std::unique_ptr<db::Pool> bulk_pool_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> peers_;
  // Calls that wait, by peer; filled with the channels.
  std::map<std::string, std::atomic<int>> peer_calls_;
  std::unique_ptr<outbox::Writer> writer_;
  std::unique_ptr<outbox::Relay> relay_;
  std::vector<std::unique_ptr<resource::Copy>> copies_;
  std::unique_ptr<resource::References> references_;
  resource::ChunkSlots chunk_slots_;
  std::vector<std::unique_ptr<resource::Table>> tables_;
  // By dataset.
  std::map<std::string, std::unique_ptr<resource::Engine>, std::less<>> engines_;
  // By dataset; they end before what they apply to.
  std::map<std::string, std::unique_ptr<outbox::Follower>> followers_;
  std::unique_ptr<rpc::Frame> frame_;
};

// The body of every main(): serves, or does what the command line says:
//   --migrate        run migrations with the DDL account
//   --draft-migration  print the SQL that the declarations need beyond that account's database; changes nothing
//   --describe       print patterns, routes, columns, SQL and state machines; needs no database
//   --describe-access  print who may call which method; needs no database
//   --check-config   print the configuration, secrets hidden
//   --probe live|ready [--wait 30s]  ask the running process, by the same configuration, whether it answers, or is
//   SERVING
//   --version        print name, version and revision
//   --print-service  print name, asked services, followed ones, and all of these as peers, as one line of JSON; needs
//                    neither configuration nor database
// Services that it asks or follows have EDUDELTA_<NAME>_ADDRESS each.
// Exit codes: 0, 1 on failure (one line on standard error), 2 on wrong usage.
int Run(int argc, char** argv, const Definition& definition);

// What --migrate does: migrations, then the tables of the followed datasets. Those of db::Migrate and Copy::Prepare.
absl::Status Migrate(const Definition& definition, db::Pool& pool);

// What --draft-migration prints, see resource::DraftMigration: for each resource that needs something, its dataset as a
// comment and the statements. Those of db::CheckMigrations: first what is there is applied.
absl::StatusOr<std::string> DraftMigrations(const Definition& definition, db::Session& session);

// The services whose addresses it needs: asked or followed, in order of name.
std::vector<std::string> PeersOf(const std::string& service);

// Methods of a custom kind call this first: the caller holds one of the roles that the method's annotation names at
// `name` or above. PERMISSION_DENIED, reason ROLE_MISSING; METHOD_NOT_SHARED for a partner; INVALID_ARGUMENT, reason
// NAME_INVALID, when it names a district by what is no code.
absl::Status Authorize(const rpc::Call& call, absl::string_view name);

}  // namespace edudelta::service
