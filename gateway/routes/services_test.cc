// The documents of the real services.
#include <cstdlib>
#include <fstream>
#include <set>

#include "edudelta/exchange/v1/exchange.pb.h"
#include "edudelta/facilities/v1/facilities.pb.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "edudelta/safety/v1/safety.pb.h"
#include "edudelta/teachers/v1/teachers.pb.h"
#include "gateway/codec/sheet.h"
#include "gateway/routes/catalog.h"
#include "gateway/routes/openapi.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace edudelta::gateway::routes {
namespace {

std::vector<const google::protobuf::ServiceDescriptor*> Services() {
  std::vector<const google::protobuf::ServiceDescriptor*> services;
  for (const auto* file : {planning::v1::School::descriptor()->file(), teachers::v1::Teacher::descriptor()->file(),
                           facilities::v1::Building::descriptor()->file(), safety::v1::Hazard::descriptor()->file(),
                           exchange::v1::Agreement::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) services.push_back(file->service(i));
  }
  return services;
}

TEST(Services, AllHaveRoutes) {
  const auto table = RouteTable::Make(Services());
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_NE((*table)->Find("GET", "/v1/districts/310114/schools/3131000123").route, nullptr);
  EXPECT_NE((*table)->Find("POST", "/v1/districts/310114:evaluateBalance").route, nullptr);
  EXPECT_EQ((*table)->Find("GET", "/v1/districts/310114/schools").name, "districts/310114");
  EXPECT_EQ((*table)->Find("GET", "/v1/districts").name, "");
}

TEST(Services, HaveDocuments) {
  const auto table = RouteTable::Make(Services());
  ASSERT_TRUE(table.ok()) << table.status();
  const std::string openapi = MakeOpenApi(**table, {});
  const auto document = nlohmann::json::parse(openapi);
  EXPECT_GT(document["paths"].size(), 50u);
  // For a validator.
  if (const char* path = std::getenv("EDUDELTA_OPENAPI_FILE")) std::ofstream(path) << openapi;
  const auto catalog = nlohmann::json::parse(MakeCatalog(Services()));
  EXPECT_EQ(catalog["datasets"].size(), describe::ResourcesOf(Services()).size());
}

// Two columns of one name would make a sheet ambiguous.
TEST(Services, HaveSheetsWithDistinctHeaders) {
  const auto resources = describe::ResourcesOf(Services());
  for (const auto* resource : resources) {
    const codec::Sheet sheet(resource, resources);
    std::set<std::string> headers;
    for (const auto& column : sheet.columns()) {
      EXPECT_TRUE(headers.insert(column.header).second) << resource->full_name() << " " << column.header;
      EXPECT_EQ(sheet.Find(column.header), &column) << resource->full_name() << " " << column.header;
    }
  }
}

}  // namespace
}  // namespace edudelta::gateway::routes
