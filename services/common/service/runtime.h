#pragma once

#include <functional>
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
#include "common/resource/engine.h"
#include "common/rpc/described_service.h"
#include "common/rpc/serve.h"
#include "common/rpc/server.h"

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
  // Keeps a local copy of planning's schools, because its resources refer to them.
  bool follows_schools = false;
  // Services that it calls; each has EDUDELTA_<NAME>_ADDRESS.
  std::vector<std::string> peers;
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
  // Calls a method ("SummarizeStaff") of one of the definition's peers ("teachers"), as this service on behalf of the
  // caller of `call` and by its deadline. Blocks; statuses are those of rpc::Invoke. INTERNAL, reason METHOD_UNKNOWN,
  // when the peer has no such method of these types.
  absl::Status CallPeer(const rpc::Call& call, const std::string& peer, const std::string& method,
                        const google::protobuf::Message& request, google::protobuf::Message* response);
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
  absl::Status MakeEngines();
  void FollowSchools();

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
  std::map<std::string, std::shared_ptr<grpc::Channel>> peers_;
  std::unique_ptr<outbox::Writer> writer_;
  std::unique_ptr<outbox::Relay> relay_;
  std::unique_ptr<outbox::Follower> follower_;
  std::unique_ptr<resource::References> references_;
  resource::ChunkSlots chunk_slots_;
  std::vector<std::unique_ptr<resource::Table>> tables_;
  // By dataset.
  std::map<std::string, std::unique_ptr<resource::Engine>, std::less<>> engines_;
  std::unique_ptr<rpc::Frame> frame_;
};

// The body of every main(): serves, or does what the command line says:
//   --migrate        run migrations with the DDL account
//   --describe       print patterns, routes, columns, SQL and state machines; needs no database
//   --describe-access  print who may call which method; needs no database
//   --check-config   print the configuration, secrets hidden
//   --print-service  print name and peers as one line of JSON; needs neither configuration nor database
// Exit codes: 0, 1 on failure (one line on standard error), 2 on wrong usage.
int Run(int argc, char** argv, const Definition& definition);

// Methods of a custom kind call this first: the caller holds one of the roles that the method's annotation names at
// `name` or above. PERMISSION_DENIED, reason ROLE_MISSING; METHOD_NOT_SHARED for a partner.
absl::Status Authorize(const rpc::Call& call, absl::string_view name);

}  // namespace edudelta::service
