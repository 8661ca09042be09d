#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/db/pool.h"
#include "common/testing/server_process.h"

namespace edudelta::testing {

// A private MariaDB with its own data directory and a Unix socket only. It ends with the process, however that ends;
// a directory left by a crash is removed when the next one starts. Thread-safe except Stop, Start and Kill. Failures of
// the set-up throw std::runtime_error with the end of the server's log.
class Database {
 public:
  struct Settings {
    // Commits survive Kill().
    bool durable = false;
  };

  // The one that the tests of this process share, started when first asked for. Tests that stop it make their own.
  static Database& Shared();

  Database();
  explicit Database(const Settings& settings);
  ~Database();

  // A new empty schema, as the server's administrator.
  db::Options CreateSchema();

  // Orderly, and waits until the server has ended.
  void Stop();
  // Waits until the server answers.
  void Start();
  // SIGKILL, and waits until the server has ended.
  void Kill();

  const std::string& socket() const { return socket_; }

 private:
  db::Options OptionsFor(const std::string& schema) const;
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
