#include "edudelta/sample/v1/sample.pb.h"
#include "gateway/routes/catalog.h"
#include "gateway/routes/openapi.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace edudelta::gateway::routes {
namespace {

using nlohmann::json;

const google::protobuf::ServiceDescriptor* Sample() {
  return sample::v1::Room::descriptor()->file()->FindServiceByName("SampleService");
}

json OpenApi() {
  const auto table = RouteTable::Make({Sample()});
  return json::parse(MakeOpenApi(**table, {}));
}

// Every "$ref" leads somewhere.
void CheckReferences(const json& document, const json& node) {
  if (node.is_object() && node.contains("$ref")) {
    const std::string at = node["$ref"].get<std::string>();
    ASSERT_EQ(at.substr(0, 1), "#");
    EXPECT_TRUE(document.contains(json::json_pointer(at.substr(1)))) << at;
  }
  for (const auto& child : node) {
    if (child.is_structured()) CheckReferences(document, child);
  }
}

TEST(MakeOpenApi, HasAnOperationPerRoute) {
  const json document = OpenApi();
  EXPECT_EQ(document["openapi"], "3.1.0");
  CheckReferences(document, document);
  size_t operations = 0;
  for (const auto& path : document["paths"]) operations += path.size();
  EXPECT_EQ(operations, (*RouteTable::Make({Sample()}))->routes().size());
}

TEST(MakeOpenApi, DescribesParametersBodiesAndAnswers) {
  const json document = OpenApi();
  const json& rooms = document["paths"]["/v1/districts/{district}/schools/{school}/rooms"];
  EXPECT_EQ(rooms["get"]["operationId"], "SampleService_ListRooms");
  EXPECT_EQ(rooms["get"]["summary"], "列出房间");
  std::vector<std::string> names;
  for (const auto& parameter : rooms["get"]["parameters"]) names.push_back(parameter.value("name", ""));
  EXPECT_THAT(names, testing::ElementsAre("district", "school", "page_size", "page_token", "filter", "read_time", ""));
  const json& body = rooms["post"]["requestBody"]["content"]["application/json"]["schema"]["allOf"];
  EXPECT_EQ(body[0]["$ref"], "#/components/schemas/sample.Room");
  EXPECT_EQ(body[1]["required"], json({"display_name", "state"}));
  EXPECT_TRUE(
      document["paths"]["/v1/districts/{district}/schools/{school}/rooms:import"]["post"]["requestBody"]["content"]
          .contains("text/csv"));
}

TEST(MakeOpenApi, DescribesFields) {
  const json room = OpenApi()["components"]["schemas"]["sample.Room"]["properties"];
  EXPECT_EQ(room["display_name"]["maxLength"], 120);
  EXPECT_EQ(room["seats"]["description"], "座位数（个）");
  EXPECT_EQ(room["cost"]["type"], "string");
  EXPECT_EQ(room["built"]["format"], "date");
  EXPECT_EQ(room["create_time"]["readOnly"], true);
  EXPECT_EQ(room["state"]["$ref"], "#/components/schemas/sample.State");
}

TEST(MakeCatalog, ListsDatasetsAndFields) {
  const json catalog = json::parse(MakeCatalog({Sample()}));
  ASSERT_EQ(catalog["datasets"].size(), 2u);
  const json& room = catalog["datasets"][1];
  EXPECT_EQ(room["dataset"], "sample.Room");
  EXPECT_EQ(room["label"], "房间");
  EXPECT_EQ(room["share_label"], "有条件共享");
  EXPECT_EQ(room["path"], "/v1/districts/{district}/schools/{school}/rooms");
  EXPECT_EQ(room["fields"][0]["name"], "display_name");
  EXPECT_EQ(room["fields"][0]["filterable"], true);
  const json& area = room["fields"][3];
  EXPECT_EQ(area["type"], "decimal");
  EXPECT_EQ(area["unit"], "平方米");
  EXPECT_EQ(area["decimal"]["scale"], 2);
  EXPECT_EQ(room["fields"][1]["values"][0]["label"], "使用中");
}

}  // namespace
}  // namespace edudelta::gateway::routes
