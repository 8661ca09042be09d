#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/db/pool.h"
#include "common/testing/server_process.h"

namespace edudelta::testing {

// By when whatever a test asks for has to be done.
inline absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

// A private MariaDB with its own data directory, a copy of one that the build keeps (template.h), and a Unix socket
// only. It ends with the process, however that ends; a directory left by a crash is removed when the next one starts.
// Thread-safe except Stop, Start and Kill. Failures of the set-up throw std::runtime_error with the end of the server's
// log.
class Database {
 public:
  // What stands in the database from the start.
  struct Filling {
    // Empty for nothing.
    std::string kind = {};
    // Says what it was made of; a new one has it made anew.
    std::string key = {};
    // Called once a build, and for each new key.
    std::function<void(Database&)> fill = {};
  };
  struct Settings {
    // Commits survive Kill().
    bool durable = false;
    Filling filling = {};
  };

  // The one that the tests of this process share, started when first asked for. Tests that stop it make their own.
  static Database& Shared();

  Database();
  explicit Database(const Settings& settings);
  ~Database();

  // A new empty schema, as the server's administrator.
  db::Options CreateSchema();
  db::Options CreateSchema(const std::string& name);
  // As the server's administrator, of a schema that is there.
  db::Options OptionsFor(const std::string& schema) const;

  // Orderly, and waits until the server has ended.
  void Stop();
  // Waits until the server answers.
  void Start();
  // SIGKILL, and waits until the server has ended.
  void Kill();
  // Its connections stand and new ones are made, but no byte comes back, as when a network drops packets. Ended by
  // Thaw.
  void Freeze();
  void Thaw();

  const std::string& socket() const { return socket_; }

 private:
  void MakeData();
  void Launch(bool durable);
  absl::Status Run(const std::string& sql);

  const Settings settings_;
  std::string folder_;
  std::string socket_;
  metrics::Registry registry_;
  std::unique_ptr<db::Pool> pool_;
  ServerProcess process_;
  int schemas_ = 0;
};

}  // namespace edudelta::testing
