// Prints the OpenAPI document of all services, as GET /openapi.json answers it.
#include <iostream>

#include "gateway/routes/openapi.h"
#include "tests/contract/apis.h"

int main() {
  const auto table = edudelta::gateway::routes::RouteTable::Make(edudelta::contract::Services());
  if (!table.ok()) {
    std::cerr << table.status() << "\n";
    return 1;
  }
  std::cout << edudelta::gateway::routes::MakeOpenApi(**table, {});
  return 0;
}
