#include <cstdio>
#include <map>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/build.h"
#include "common/base/error.h"
#include "common/base/memory.h"
#include "common/base/status.h"
#include "common/describe/describe.h"
#include "common/rpc/probe.h"
#include "common/rpc/signals.h"
#include "common/service/follow.h"
#include "common/service/options.h"
#include "common/service/runtime.h"

extern char** environ;

namespace edudelta::service {
namespace {

std::string AddressName(const std::string& peer) {
  return absl::StrCat("EDUDELTA_", absl::AsciiStrToUpper(peer), "_ADDRESS");
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
  // Whatever has become of its files since: the process runs, or it does not.
  if (flag == "--probe") {
    const absl::Status status = ProbeOwn(config, argc, argv);
    return status.ok() ? 0 : Fail(definition, status);
  }
  if (const absl::Status status = reader.Finish(); !status.ok()) return Fail(definition, status);
  if (flag == "--check-config") {
    std::fputs(reader.Table().c_str(), stdout);
    return 0;
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
                   "--print-service | --version | --probe live|ready [--wait 30s]]\n",
                   argv[0]);
      return 2;
    }
    const absl::Status status = definition.run_command(runtime, flag, argc > 2 ? argv[2] : "");
    return status.ok() ? 0 : Fail(definition, status);
  }
  const absl::Status status = runtime.Serve([&] { signals.Wait(); });
  return status.ok() ? 0 : Fail(definition, status);
}

}  // namespace edudelta::service
