// openapi_dump [catalog]: prints the OpenAPI document of all services, as GET /openapi.json answers it, or the
// catalogue.
#include <iostream>
#include <string>

#include "gateway/routes/catalog.h"
#include "gateway/routes/openapi.h"
#include "tests/contract/apis.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "catalog") {
    std::cout << edudelta::gateway::routes::MakeCatalog(edudelta::contract::Services());
    return 0;
  }
  const auto table = edudelta::gateway::routes::RouteTable::Make(edudelta::contract::Services());
  if (!table.ok()) {
    std::cerr << table.status() << "\n";
    return 1;
  }
  std::cout << edudelta::gateway::routes::MakeOpenApi(**table, {});
  return 0;
}
