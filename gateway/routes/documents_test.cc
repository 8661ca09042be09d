#include <algorithm>

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
  EXPECT_EQ(room["built"]["pattern"], "^[1-9][0-9]{3}-");
  EXPECT_EQ(room["create_time"]["readOnly"], true);
  EXPECT_EQ(room["state"]["$ref"], "#/components/schemas/sample.State");
}

TEST(MakeOpenApi, SaysTheRulesOfValues) {
  const json document = OpenApi();
  const json& schemas = document["components"]["schemas"];
  const json& room = schemas["sample.Room"]["properties"];
  EXPECT_EQ(room["display_name"]["pattern"], "\\S");
  EXPECT_EQ(room["area"]["pattern"], R"(^(-?0*[0-9]{1,8}(\.[0-9]{1,2}0*)?)?$)");
  EXPECT_EQ(room["state"]["not"]["const"], "STATE_UNSPECIFIED");
  EXPECT_EQ(room["paired_school"]["maxLength"], 255);
  EXPECT_EQ(room["tags"]["maxItems"], 1000);
  EXPECT_EQ(room["tags"]["items"]["pattern"], "\\S");
  EXPECT_EQ(room["keeper"].count("pattern"), 0u);
  EXPECT_EQ(schemas["sample.School"]["properties"]["social_credit_code"]["pattern"],
            "^([0-9A-Z]{2}[0-9]{6}[0-9A-Z]{10})?$");
  const json& batch = schemas["sample.BatchCreateRoomsRequest"];
  EXPECT_EQ(batch["required"], json({"requests"}));
  EXPECT_EQ(batch["properties"]["requests"]["minItems"], 1);
  EXPECT_EQ(batch["properties"]["requests"]["maxItems"], 1000);
  EXPECT_EQ(schemas["sample.CreateRoomRequest"]["required"], json({"room"}));
  EXPECT_EQ(document["components"]["parameters"]["Purpose"]["schema"]["$ref"],
            "#/components/schemas/codes.SHARING_PURPOSE");
}

TEST(MakeOpenApi, ListsEveryAnswer) {
  const json document = OpenApi();
  const json& rooms = document["paths"]["/v1/districts/{district}/schools/{school}/rooms"];
  const json& room = document["paths"]["/v1/districts/{district}/schools/{school}/rooms/{room}"];
  EXPECT_TRUE(room["get"]["responses"].contains("304"));
  EXPECT_TRUE(room["get"]["responses"].contains("412"));
  EXPECT_FALSE(rooms["get"]["responses"].contains("409"));
  EXPECT_TRUE(rooms["post"]["responses"].contains("409"));
  for (const json& operation : {rooms["get"], rooms["post"], room["patch"]}) {
    EXPECT_FALSE(operation["responses"].contains("default"));
    for (const char* status : {"200", "400", "401", "403", "404", "429", "500", "503", "504"}) {
      EXPECT_TRUE(operation["responses"].contains(status)) << status;
    }
  }
  EXPECT_TRUE(document["components"]["responses"]["Limited"]["headers"].contains("Retry-After"));
  const auto etag = std::find_if(room["delete"]["parameters"].begin(), room["delete"]["parameters"].end(),
                                 [](const json& one) { return one["name"] == "etag"; });
  ASSERT_NE(etag, room["delete"]["parameters"].end());
  EXPECT_EQ((*etag)["schema"]["pattern"], R"(^[^\u0000]*$)") << "the query takes no NUL";
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
