// The documents of the real services.
#include <cstdlib>
#include <fstream>
#include <set>

#include "absl/strings/str_split.h"
#include "common/codes/code_sets.h"
#include "gateway/codec/sheet.h"
#include "gateway/routes/catalog.h"
#include "gateway/routes/openapi.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace edudelta::gateway::routes {
namespace {

std::vector<const google::protobuf::ServiceDescriptor*> Services() {
  std::vector<const google::protobuf::ServiceDescriptor*> services;
  for (const absl::string_view name : absl::StrSplit(EDUDELTA_SERVICES, ',')) {
    services.push_back(describe::FindService(name));
  }
  return services;
}

TEST(Services, AllHaveRoutes) {
  ASSERT_THAT(Services(), ::testing::Each(::testing::NotNull()));
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
    const codec::Sheet sheet(resource, resources, codes::CodeSets::Embedded());
    std::set<std::string> headers;
    for (const auto& column : sheet.columns()) {
      EXPECT_TRUE(headers.insert(column.header).second) << resource->full_name() << " " << column.header;
      EXPECT_EQ(sheet.Find(column.header), &column) << resource->full_name() << " " << column.header;
    }
  }
}

}  // namespace
}  // namespace edudelta::gateway::routes
