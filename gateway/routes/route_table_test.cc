#include "gateway/routes/route_table.h"

#include "common/base/error.h"
#include "edudelta/sample/v1/sample.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::routes {
namespace {

using ::testing::UnorderedElementsAre;

const google::protobuf::ServiceDescriptor* Service(const char* name) {
  return sample::v1::Room::descriptor()->file()->FindServiceByName(name);
}

class RouteTableTest : public ::testing::Test {
 protected:
  // "method name", or "404", or "405".
  std::string Find(absl::string_view http_method, absl::string_view path) {
    const Match match = table_->Find(http_method, path);
    if (match.route == nullptr) return match.allow.empty() ? "404" : "405";
    return absl::StrCat(match.route->method->name(), " ", match.name);
  }

  std::unique_ptr<RouteTable> table_ = *RouteTable::Make({Service("SampleService")});
};

TEST_F(RouteTableTest, RoutesStandardMethods) {
  EXPECT_EQ(Find("GET", "/v1/districts/310114/schools/s1"), "GetSchool districts/310114/schools/s1");
  EXPECT_EQ(Find("GET", "/v1/districts/310114/schools"), "ListSchools districts/310114");
  EXPECT_EQ(Find("GET", "/v1/districts/1/schools/s/rooms"), "ListRooms districts/1/schools/s");
  EXPECT_EQ(Find("POST", "/v1/districts/1/schools/s/rooms"), "CreateRoom districts/1/schools/s");
  EXPECT_EQ(Find("PATCH", "/v1/districts/1/schools/s/rooms/r"), "UpdateRoom districts/1/schools/s/rooms/r");
  EXPECT_EQ(Find("DELETE", "/v1/districts/1/schools/s/rooms/r"), "DeleteRoom districts/1/schools/s/rooms/r");
  EXPECT_EQ(Find("POST", "/v1/districts/1/schools/s/rooms:search"), "SearchRooms districts/1/schools/s");
  EXPECT_EQ(Find("POST", "/v1/districts/1/schools/s/rooms:batchCreate"), "BatchCreateRooms districts/1/schools/s");
  EXPECT_EQ(Find("POST", "/v1/districts/1/schools/-/rooms:import"), "ImportRooms districts/1/schools/-");
  EXPECT_EQ(Find("GET", "/v1/districts/1/schools/s/rooms:export"), "ExportRooms districts/1/schools/s");
}

TEST_F(RouteTableTest, RoutesCustomMethods) {
  EXPECT_EQ(Find("POST", "/v1/districts/1/schools/s/rooms/r:close"), "CloseRoom districts/1/schools/s/rooms/r");
  EXPECT_EQ(Find("GET", "/v1/districts/1:summarizeRooms"), "SummarizeRooms districts/1");
  EXPECT_EQ(Find("POST", "/v1/districts/1:recountRooms"), "RecountRooms districts/1");
  for (const auto& route : table_->routes()) EXPECT_NE(route->method->name(), "PokeRooms");
}

TEST_F(RouteTableTest, TakesWildcardsInParentsOnly) {
  EXPECT_EQ(Find("GET", "/v1/districts/-/schools/-/rooms"), "ListRooms districts/-/schools/-");
  EXPECT_EQ(Find("GET", "/v1/districts/1/schools/-/rooms/r"), "404");
  EXPECT_EQ(Find("POST", "/v1/districts/1/schools/-/rooms"), "404");
}

TEST_F(RouteTableTest, DecodesAndRefuses) {
  EXPECT_EQ(Find("GET", "/v1/districts/31%30114/schools/s%7e1"), "GetSchool districts/310114/schools/s~1");
  for (const char* path :
       {"", "/", "/v1", "/v1/", "/v2/districts/1/schools", "/v1/districts/1/schools/", "/v1//1/schools",
        "/v1/districts/1/pupils", "/v1/districts/1/schools/a%2Fb", "/v1/districts/1/schools/a%",
        "/v1/districts/1/schools/%", "/v1/districts/1/schools/a%00",
        "/v1/districts/1/schools/a:", "/v1/districts/1/schools/a:fly", "/v1/districts/1/schools/%E5%AD%A6",
        "/v1/districts/1:a/schools", "/v1/districts/1/schools/a%3Aclose",
        "/v1/districts/1/schools/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    EXPECT_EQ(Find("GET", path), "404") << path;
  }
}

TEST_F(RouteTableTest, TellsAllowedMethods) {
  EXPECT_THAT(table_->Find("PUT", "/v1/districts/1/schools/s/rooms/r").allow,
              UnorderedElementsAre("GET", "HEAD", "PATCH", "DELETE", "OPTIONS"));
  EXPECT_EQ(Find("HEAD", "/v1/districts/1/schools/s"), Find("GET", "/v1/districts/1/schools/s"));
  EXPECT_EQ(Find("GET", "/v1/districts/1:recountRooms"), "405");
  EXPECT_EQ(Find("HEAD", "/v1/districts/1/schools/s/rooms:export"), "405");
  EXPECT_THAT(table_->Find("HEAD", "/v1/districts/1/schools/s/rooms:export").allow,
              UnorderedElementsAre("GET", "OPTIONS"));
  EXPECT_THAT(table_->Find("PUT", "/v1/districts/1/schools/-/rooms").allow,
              UnorderedElementsAre("GET", "HEAD", "OPTIONS"))
      << "there nothing can be made";
}

TEST(RouteTable, RefusesMethodsOfUnknownShapeAndTakenRoutes) {
  EXPECT_EQ(ReasonOf(RouteTable::Make({Service("OddService")}).status()), "METHOD_UNKNOWN");
  EXPECT_EQ(ReasonOf(RouteTable::Make({Service("SampleService"), Service("SampleService")}).status()), "ROUTE_TAKEN");
}

}  // namespace
}  // namespace edudelta::gateway::routes
