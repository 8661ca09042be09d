#pragma once

#include <memory>
#include <string>

#include "common/db/pool.h"
#include "common/metrics/registry.h"
#include "common/testing/database.h"
#include "grpcpp/channel.h"
#include "tests/fault/program.h"

namespace edudelta::fault {

// Planning, exchange and gateway as they run in production, over one durable database. Jiading keeps `schools` schools
// and shares them with Kunshan by an active agreement; Kunshan has a client. Failures of the set-up throw
// std::runtime_error. Not thread-safe.
class Region {
 public:
  explicit Region(int schools);

  testing::Database& database() { return database_; }
  Program& exchange() { return *exchange_; }
  Program& gateway() { return *gateway_; }
  // The schema of exchange.
  db::Pool& pool() { return *pool_; }
  int port() const { return port_; }

  // A fresh access token of Kunshan's client, through the gateway; waits until there is one.
  std::string Token() const;

 private:
  std::unique_ptr<Program> MakeService(const std::string& name, const std::string& path, const db::Options& schema,
                                       std::vector<std::string> environment);
  void MakeGateway();
  void MakeAgreement();
  void MakeSchools(int count);

  Folder folder_;
  testing::Database database_{{.durable = true}};
  metrics::Registry registry_;
  std::unique_ptr<db::Pool> pool_;
  std::unique_ptr<Program> planning_;
  std::unique_ptr<Program> exchange_;
  std::unique_ptr<Program> gateway_;
  int port_ = 0;
  std::string client_id_;
  std::string client_secret_;
};

}  // namespace edudelta::fault
