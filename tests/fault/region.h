#pragma once

#include <string>

#include "tests/fault/suite.h"

namespace edudelta::fault {

// Planning, exchange and gateway. Jiading keeps `schools` schools and shares them with Kunshan by an active agreement;
// Kunshan has a client. Failures of the set-up throw std::runtime_error. Not thread-safe.
class Region {
 public:
  explicit Region(int schools);

  testing::Database& database() { return suite_.database(); }
  Program& exchange() { return suite_.program("exchange"); }
  Program& gateway() { return suite_.program("gateway"); }
  // The schema of exchange.
  db::Pool& pool() { return suite_.pool("exchange"); }
  int port() const { return suite_.port(); }

  // A fresh access token of Kunshan's client, through the gateway; waits until there is one.
  std::string Token();

 private:
  void MakeAgreement();
  void MakeSchools(int count);

  Suite suite_{{"planning", "exchange"}};
  std::string client_id_;
  std::string client_secret_;
};

}  // namespace edudelta::fault
