#include "gateway/http/cors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const CorsOptions kTwo = {
    {"https://a.example", "http://127.0.0.1:5173"}, {"GET", "PATCH"}, {"Authorization", "If-Match"}, {"ETag"}};

Request From(const std::string& origin, const std::string& method = "GET") {
  Request request;
  request.method = method;
  if (!origin.empty()) request.headers.emplace_back("origin", origin);
  return request;
}

TEST(Cors, LetsScriptsOfItsOriginsRead) {
  for (const std::string& origin : kTwo.origins) {
    EXPECT_THAT(CorsHeaders(kTwo, From(origin)),
                ElementsAre(Pair("Vary", "Origin"), Pair("Access-Control-Allow-Origin", origin),
                            Pair("Access-Control-Expose-Headers", "ETag")));
  }
}

TEST(Cors, TellsOthersNothing) {
  for (const char* origin : {"", "null", "*", "https://a.example:443", "http://a.example", "https://a.example.evil",
                             "https://A.example", "https://a.example, http://127.0.0.1:5173"}) {
    EXPECT_THAT(CorsHeaders(kTwo, From(origin)), ElementsAre(Pair("Vary", "Origin"))) << origin;
    EXPECT_THAT(CorsHeaders({}, From(origin)), IsEmpty()) << origin;
  }
}

TEST(Cors, SaysBeforehandWhatTheyMaySend) {
  Request preflight = From("https://a.example", "OPTIONS");
  preflight.headers.emplace_back("access-control-request-method", "PATCH");
  EXPECT_THAT(CorsHeaders(kTwo, preflight),
              ElementsAre(Pair("Vary", "Origin"), Pair("Access-Control-Allow-Origin", "https://a.example"),
                          Pair("Access-Control-Allow-Methods", "GET, PATCH"),
                          Pair("Access-Control-Allow-Headers", "Authorization, If-Match"),
                          Pair("Access-Control-Max-Age", "600")));
}

TEST(Cors, TakesNothingForAnOriginButOrigins) {
  for (const char* good : {"https://a.example", "http://localhost:8080", "https://[::1]:8443", "https://1.2.3.4"}) {
    EXPECT_TRUE(CheckOrigins({{good}, {}, {}, {}}).ok()) << good;
  }
  for (const char* bad : {"", "*", "null", "https://", "a.example", "ftp://a", "https://a.example/", "https://a:443",
                          "http://a:80", "https://*.example", "https://A.example", "https://a:", "https://u@a",
                          "https://[::1", "https://a b", "https://a:0", "https://a:99999999"}) {
    EXPECT_FALSE(CheckOrigins({{bad}, {}, {}, {}}).ok()) << bad;
  }
}

}  // namespace
}  // namespace edudelta::gateway::http
