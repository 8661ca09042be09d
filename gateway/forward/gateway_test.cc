#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "edudelta/exchange/v1/access_entry.pb.h"
#include "edudelta/exchange/v1/agreement.pb.h"
#include "gateway/forward/testing.h"
#include "gateway/routes/route_table.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::forward {
namespace {

using http::testing::Client;
using policy::testing::kJiading;
using policy::testing::kKunshan;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using testing::GatewayTest;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using testing::kPurpose;

TEST_F(GatewayTest, ForwardsAnOwnCallersReadAsItIs) {
  const std::string answer =
      Ask("GET /v1/districts/310114/schools/1?read_time=2026-01-01T00:00:00Z", kJiading,
          "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nEdudelta-Caller-Bin: forged\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("ETag: \"v1;"));
  EXPECT_THAT(answer, HasSubstr("secret address"));
  EXPECT_EQ(planning_.caller().principal(), kJiading);
  EXPECT_THAT(planning_.traceparent(), StartsWith("00-0af7651916cd43dd8448eb211c80319c-"));
  EXPECT_TRUE(exchange_.entries().empty());
  EXPECT_THAT(Log(), HasSubstr(R"("method":"planning.GetSchool","status":200)"));
  EXPECT_THAT(Log(), Not(HasSubstr("read_time")));
}

TEST_F(GatewayTest, PutsEtagAndRequestIdFromHeadersIntoWrites) {
  const std::string answer = Ask("PATCH /v1/districts/310114/schools/1", kJiading,
                                 "If-Match: \"v7\"\r\nIdempotency-Key: key-1\r\n", R"({"display_name":"乙校"})");
  EXPECT_THAT(answer, HasSubstr("ETag: \"v7\"\r\n"));
  EXPECT_THAT(answer, HasSubstr(R"("etag":"\"v7\"")")) << "as the services make them, with quotes";
  EXPECT_THAT(answer, HasSubstr(R"("address":"key-1")"));
}

TEST_F(GatewayTest, RefusesWhoeverIsNobody) {
  const std::string none = Raw("GET /v1/districts/310114/schools HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(none, StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(none, HasSubstr("WWW-Authenticate: Bearer"));
  EXPECT_THAT(none, HasSubstr("TOKEN_REQUIRED"));
  EXPECT_THAT(Ask("GET /v1/districts/310114/schools", "organizations/x/users/gone"), HasSubstr("ACCOUNT_DISABLED"));
}

TEST_F(GatewayTest, KnowsItsRoutes) {
  EXPECT_THAT(Ask("GET /v1/nowhere", kJiading), StartsWith("HTTP/1.1 404 "));
  const std::string wrong = Ask("PUT /v1/districts/310114/schools/1", kJiading);
  EXPECT_THAT(wrong, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(wrong, HasSubstr("Allow: "));
  EXPECT_THAT(Ask("POST /v1/districts/310114/schools", kJiading, "", R"({"no_such_field":1})"),
              HasSubstr("UNKNOWN_FIELD"));
  EXPECT_THAT(Ask("POST /v1/districts/310114/schools", kJiading, "", std::string(5 << 20, 'a')),
              StartsWith("HTTP/1.1 413 "));
}

TEST_F(GatewayTest, PassesTheErrorsOfServicesOn) {
  planning_.status = Refused("SCHOOL_HAS_PUPILS", "学校还有学生");
  const std::string answer = Ask("GET /v1/districts/310114/schools/1", kJiading);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer, HasSubstr("SCHOOL_HAS_PUPILS"));
  EXPECT_THAT(answer, HasSubstr("planning.edudelta"));
  EXPECT_THAT(answer, HasSubstr("学校还有学生"));
  planning_server_.Stop();
  EXPECT_THAT(Ask("GET /v1/districts/310114/schools/1", kJiading), HasSubstr("SERVICE_UNAVAILABLE"));
}

TEST_F(GatewayTest, APartnerGetsWhatIsGrantedAndLeavesAnEntry) {
  const std::string answer = Ask("GET /v1/districts/310114/schools", kKunshan, kPurpose);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("Edudelta-Entry: 1\r\n"));
  EXPECT_THAT(answer, HasSubstr("甲校"));
  EXPECT_THAT(answer, Not(HasSubstr("secret address")));
  EXPECT_THAT(answer, Not(HasSubstr("etag")));
  EXPECT_EQ(planning_.caller().scope().agreement(), "agreements/a1");
  const auto entries = exchange_.entries();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].principal(), kKunshan);
  EXPECT_EQ(entries[0].agreement(), "agreements/a1");
  EXPECT_EQ(entries[0].dataset(), "planning.School");
  EXPECT_EQ(entries[0].method(), "edudelta.planning.v1.PlanningService/ListSchools");
  EXPECT_EQ(entries[0].target(), "districts/310114");
  EXPECT_EQ(entries[0].district(), "310114");
  EXPECT_THAT(entries[0].fields(), ElementsAre("display_name"));
  EXPECT_EQ(entries[0].record_count(), 2);
  EXPECT_EQ(entries[0].response_digest().size(), 32u);
  EXPECT_EQ(entries[0].outcome(), exchange::v1::AccessEntry::OUTCOME_ALLOWED);
}

TEST_F(GatewayTest, CountsWhatBecomesOfPartnersAndWhatTheyGet) {
  Ask("GET /v1/districts/310114/schools", kKunshan, kPurpose);
  Ask("GET /v1/districts/310114/schools", kKunshan, "Edudelta-Purpose: OTHER\r\n");
  Ask("GET /v1/districts/310114/schools/1", kJiading);
  planning_server_.Stop();
  Ask("GET /v1/districts/310114/schools", kKunshan, kPurpose);
  const std::string page = metrics::Render(registry_);
  for (const char* series :
       {"outcome=\"allowed\",reason=\"\"} 1\n", "outcome=\"denied\",reason=\"PURPOSE_NOT_ALLOWED\"} 1\n",
        "outcome=\"failed\",reason=\"SERVICE_UNAVAILABLE\"} 1\n"}) {
    EXPECT_THAT(page, HasSubstr(absl::StrCat("edudelta_partner_requests_total{organization=\"kunshan\",", series)));
  }
  EXPECT_THAT(page,
              HasSubstr("edudelta_partner_records_total{dataset=\"planning.School\",organization=\"kunshan\"} 2\n"));
  EXPECT_THAT(page, Not(HasSubstr("organization=\"jiading\"")));
}

TEST_F(GatewayTest, NoEntryNoBody) {
  const std::pair<absl::Status, std::string> cases[] = {
      {Error(absl::StatusCode::kResourceExhausted, "QUOTA_EXCEEDED", "超出配额"), "HTTP/1.1 429 "},
      {Refused("AGREEMENT_NOT_ACTIVE", "协议未生效"), "HTTP/1.1 403 "},
      {absl::UnavailableError("down"), "HTTP/1.1 503 "},
      // Trying again would not help.
      {Invalid("target", "FIELD_TOO_LONG", "太长"), "HTTP/1.1 500 "},
      {absl::InternalError("broken"), "HTTP/1.1 503 "}};
  for (const auto& [status, line] : cases) {
    exchange_.record_status = status;
    for (const std::string target : {"schools", "schools/1", "schools:export"}) {
      const std::string answer = Ask("GET /v1/districts/310114/" + target, kKunshan, kPurpose);
      EXPECT_THAT(answer, StartsWith(line)) << target;
      EXPECT_THAT(answer, Not(HasSubstr("甲校"))) << target;
    }
  }
}

TEST_F(GatewayTest, ADenialIsRecordedAndToldEvenWhenItCannotBe) {
  const std::string answer = Ask("GET /v1/districts/310114/schools", kKunshan, "Edudelta-Purpose: OTHER\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(answer, HasSubstr("PURPOSE_NOT_ALLOWED"));
  ASSERT_EQ(exchange_.entries().size(), 1u);
  EXPECT_EQ(exchange_.entries()[0].outcome(), exchange::v1::AccessEntry::OUTCOME_DENIED);
  EXPECT_EQ(exchange_.entries()[0].reason(), "PURPOSE_NOT_ALLOWED");
  exchange_server_.Stop();
  EXPECT_THAT(Ask("GET /v1/districts/310114/schools", kKunshan), HasSubstr("PURPOSE_REQUIRED"));
}

TEST_F(GatewayTest, TakesOnePurposeAndOnlyAKnownOne) {
  const std::string known = "Edudelta-Purpose: STATISTICS\r\n";
  EXPECT_THAT(Ask("GET /v1/districts/310114/schools", kJiading, known), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Ask("GET /v1/districts/310114/schools", kJiading, "Edudelta-Purpose: ANYTHING\r\n"),
              HasSubstr("PURPOSE_UNKNOWN"));
  EXPECT_THAT(Ask("GET /v1/districts/310114/schools", kJiading, known + known), HasSubstr("HEADER_REPEATED"));
  EXPECT_THAT(Ask("GET /v1/districts/310114/schools", kJiading, "Authorization: Bearer x\r\n"),
              HasSubstr("HEADER_REPEATED"));
}

TEST_F(GatewayTest, ACsvHasNoColumnForWhatIsNotGranted) {
  const std::string csv = Ask("GET /v1/districts/310114/schools:export", kKunshan, kPurpose);
  EXPECT_THAT(csv, HasSubstr("\xEF\xBB\xBF编号,学校名称\r\n"));
  EXPECT_THAT(csv, HasSubstr(",甲校\r\n"));
}

TEST_F(GatewayTest, ExportsCsvAndNdjson) {
  const std::string csv = Ask("GET /v1/districts/310114/schools:export", kJiading);
  EXPECT_THAT(csv, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(csv, HasSubstr("text/csv"));
  EXPECT_THAT(csv, HasSubstr("secret address"));
  EXPECT_THAT(csv, EndsWith("0\r\n\r\n"));
  const std::string ndjson = Ask("GET /v1/districts/310114/schools:export?format=ndjson", kJiading);
  EXPECT_THAT(ndjson, HasSubstr(R"("name":"districts/310114/schools/1")"));
  EXPECT_TRUE(exchange_.entries().empty());
}

TEST_F(GatewayTest, ExportsWhatIsAccepted) {
  const std::string target = "GET /v1/districts/310114/schools:export";
  for (const char* accept :
       {"application/x-ndjson", "application/json, application/x-ndjson, text/csv;q=0.9", "Application/JSONL"}) {
    EXPECT_THAT(Ask(target, kJiading, absl::StrCat("Accept: ", accept, "\r\n")),
                HasSubstr("Content-Type: application/x-ndjson\r\n"))
        << accept;
  }
  for (const char* accept : {"*/*", "text/csv, application/x-ndjson", "application/json", ""}) {
    EXPECT_THAT(Ask(target, kJiading, absl::StrCat("Accept: ", accept, "\r\n")), HasSubstr("Content-Type: text/csv"))
        << accept;
  }
  EXPECT_THAT(Ask(target + "?format=csv", kJiading, "Accept: application/x-ndjson\r\n"),
              HasSubstr("Content-Type: text/csv"))
      << "the address says it";
}

TEST_F(GatewayTest, TakesFilesAsClientsCallThem) {
  const std::string body = "school,display_name\n3131000123,甲\n";
  for (const char* type : {"text/csv", "text/csv; charset=utf-8", "Application/VND.ms-excel", "application/csv",
                           "text/plain;charset=UTF-8", "text/comma-separated-values"}) {
    const std::string answer =
        Ask("POST /v1/districts/310114/schools:import", kJiading, absl::StrCat("Content-Type: ", type, "\r\n"), body);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 ")) << type;
    EXPECT_THAT(answer, HasSubstr(R"("row_count":"1")")) << type;
  }
  for (const char* type : {"application/json", "text/html", "text/csvx", "application/x-www-form-urlencoded"}) {
    EXPECT_THAT(
        Ask("POST /v1/districts/310114/schools:import", kJiading, absl::StrCat("Content-Type: ", type, "\r\n"), body),
        AllOf(StartsWith("HTTP/1.1 415 "), HasSubstr("CONTENT_TYPE_UNKNOWN")))
        << type;
  }
}

TEST_F(GatewayTest, RefusesBodiesThatAreCompressed) {
  for (const char* target :
       {"POST /v1/districts/310114/schools:import", "POST /v1/districts/310114/schools", "POST /oauth2/token"}) {
    EXPECT_THAT(Ask(target, kJiading, "Content-Encoding: gzip\r\n", "\x1f\x8b"),
                AllOf(StartsWith("HTTP/1.1 415 "), HasSubstr("CONTENT_ENCODING_UNKNOWN"),
                      HasSubstr("Accept-Encoding: identity\r\n")))
        << target;
  }
  EXPECT_THAT(Ask("POST /v1/districts/310114/schools:import", kJiading, "Content-Encoding: Identity\r\n",
                  "school,display_name\n3131000123,甲\n"),
              StartsWith("HTTP/1.1 200 "));
}

TEST_F(GatewayTest, TellsWhatOfAFileWasNotRead) {
  const std::string answer = Ask("POST /v1/districts/310114/schools:import", kJiading, "Content-Type: text/csv\r\n",
                                 "school,display_name,\n3131000123,甲,旁注\n3131000124,乙,旁注\n");
  EXPECT_THAT(answer, HasSubstr(R"("warning_count":"1","warnings":[{"row":"2","reason":"COLUMN_WITHOUT_HEADER")"));
}

TEST_F(GatewayTest, APartnersExportIsRecordedChunkByChunk) {
  planning_.page_rows = 2500;
  const std::string answer = Ask("GET /v1/districts/310114/schools:export?format=ndjson", kKunshan, kPurpose);
  EXPECT_THAT(answer, EndsWith("0\r\n\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("secret address")));
  const auto entries = exchange_.entries();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[2].chunk(), 2);
  EXPECT_EQ(entries[2].record_count(), 500);
  EXPECT_EQ(entries[0].request_id(), entries[2].request_id());
}

TEST_F(GatewayTest, RevocationCutsARunningExport) {
  planning_.endless = true;
  Client client(server_->port());
  client.Send(Head("GET /v1/districts/310114/schools:export?format=ndjson", kKunshan, kPurpose) + "\r\n");
  EXPECT_THAT(client.ReadUntil("schools/1"), HasSubstr("schools/0"));
  auto update = policy_;
  update.set_version(2);
  update.mutable_agreements(0)->set_state(exchange::v1::Agreement::STATE_REVOKED);
  store_.Receive(update);
  EXPECT_THAT(client.ReadAll(), Not(EndsWith("0\r\n\r\n")));
  server_->Drain(absl::Seconds(20));
  EXPECT_THAT(Log(), HasSubstr("AGREEMENT_REVOKED"));
}

TEST_F(GatewayTest, ImportsRowsAndReportsBothKindsOfErrors) {
  const std::string body =
      "{\"name\":\"districts/310114/schools/3131000123\",\"display_name\":\"甲\"}\n{\"nonsense\":1}\n"
      "{\"name\":\"districts/310114/schools/3131000124\",\"display_name\":\"乙\"}\n";
  const std::string type = "Content-Type: application/x-ndjson\r\n";
  const std::string partial = Ask("POST /v1/districts/310114/schools:import", kJiading, type, body);
  EXPECT_THAT(partial, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(partial, HasSubstr(R"("row_count":"3")"));
  EXPECT_THAT(partial, HasSubstr(R"("error_count":"1")"));
  EXPECT_THAT(partial, HasSubstr("UNKNOWN_FIELD"));
  EXPECT_EQ(planning_.landed, 2);
  planning_.landed = -1;
  const std::string atomic = Ask("POST /v1/districts/310114/schools:import?mode=atomic", kJiading, type, body);
  EXPECT_THAT(atomic, HasSubstr(R"("row_count":"3")"));
  EXPECT_THAT(atomic, Not(HasSubstr("created_count")));
  EXPECT_EQ(planning_.landed, -1);
  EXPECT_THAT(Ask("POST /v1/districts/310114/schools:import", kJiading, "Content-Type: image/png\r\n", body),
              StartsWith("HTTP/1.1 415 "));
}

TEST_F(GatewayTest, AnImportThatStopsHalfWaySaysWhatLanded) {
  const std::string rows =
      "school,display_name\n3131000123,甲\n3131000124,乙\n31 31,丙\n3131000125,丁\n3131000126,\"戊\n3131000127,己\n";
  const std::string partial = Ask("POST /v1/districts/310114/schools:import", kJiading, "", rows);
  EXPECT_THAT(partial, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(partial, HasSubstr("第 6 行的引号有误，其后无法读取；此前各行：新增 3，更新 0，不变 0，有误 1"));
  EXPECT_THAT(partial, HasSubstr(R"("row":"6")")) << "in ErrorInfo";
  EXPECT_THAT(partial, HasSubstr(R"("field_violations":[{"field":"body")"));
  EXPECT_THAT(partial, HasSubstr(R"("@type":"type.googleapis.com/edudelta.resource.v1.ImportResponse","row_count":"5",)"
                                 R"("created_count":"3","error_count":"2","errors":[{"row":"4","column":)"));
  EXPECT_EQ(planning_.landed, 3);
  planning_.landed = -1;
  const std::string atomic = Ask("POST /v1/districts/310114/schools:import?mode=atomic", kJiading, "", rows);
  EXPECT_THAT(atomic, HasSubstr("第 6 行的引号有误，其后无法读取；没有写入任何记录"));
  EXPECT_EQ(planning_.landed, -1);
  const std::string nothing = Ask("POST /v1/districts/310114/schools:import", kJiading, "", "school,颜色\n1,红\n");
  EXPECT_THAT(nothing, HasSubstr("第 2 列的列名不在可用的列中"));
  EXPECT_THAT(nothing, Not(HasSubstr("ImportResponse")));
}

TEST_F(GatewayTest, AClientThatLeavesEndsItsCall) {
  Client client(server_->port());
  client.Send(Head("GET /v1/districts/310114/schools/slow", kJiading) + "\r\n");
  while (planning_.traceparent().empty()) std::this_thread::yield();
  client.Close();
  planning_.Await(&planning_.cancelled);
}

TEST_F(GatewayTest, KeepsTheCallersDeadline) {
  EXPECT_THAT(Ask("GET /v1/districts/310114/schools/slow", kJiading, "Edudelta-Timeout-Ms: 50\r\n"),
              StartsWith("HTTP/1.1 504 "));
}

TEST_F(GatewayTest, LimitsEachPrincipal) {
  GatewayOptions options;
  options.rate_per_second = 0.001;
  options.rate_burst = 1;
  Make(options);
  EXPECT_THAT(Ask("GET /v1/districts/310114/schools", kJiading), StartsWith("HTTP/1.1 200 "));
  const std::string limited = Ask("GET /v1/districts/310114/schools", kJiading);
  EXPECT_THAT(limited, StartsWith("HTTP/1.1 429 "));
  EXPECT_THAT(limited, HasSubstr("Retry-After: 1000\r\n"));
  EXPECT_THAT(Ask("GET /v1/districts/310114/schools", kKunshan, kPurpose), StartsWith("HTTP/1.1 200 "));
}

// HEAD and GET of one address on one connection: the second answer must begin where the first one's head ends. An
// export is not asked for its head: its records would be read, and entered as delivered, for nobody.
TEST_F(GatewayTest, HeadIsGetWithoutItsBody) {
  const std::vector<const google::protobuf::ServiceDescriptor*> services = {describe::FindService("planning"),
                                                                            describe::FindService("exchange")};
  const auto table = routes::RouteTable::Make(services).value();
  std::vector<std::string> paths = {"/healthz", "/openapi.json", "/catalog", "/.well-known/jwks.json", "/oauth2/token"};
  for (const char* path :
       {"nowhere", "districts/310114/schools/1", "districts/310114/schools", "districts/310114/schools:import"}) {
    paths.push_back(absl::StrCat("/v1/", path));
  }
  // Of all others, refused before a service is asked: the fake serves schools only.
  for (const auto& route : table->routes()) {
    if (route->shape.kind == describe::MethodKind::kExport) continue;
    paths.push_back(std::regex_replace(route->path, std::regex("\\{[a-z_]+\\}"), "1") + "?no_such=1");
  }
  const std::string token = Token(kJiading);
  const auto ask = [&](const std::string& line) {
    return absl::StrCat(line, " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ", token, "\r\n\r\n");
  };
  const auto told = [](const std::string& head) {
    std::smatch length, allow;
    std::regex_search(head, length, std::regex("Content-Length: [0-9]+|Transfer-Encoding: chunked"));
    std::regex_search(head, allow, std::regex("Allow: [^\r]*"));
    return absl::StrCat(head.substr(0, head.find("\r\n")), " ", length.str(), " ", allow.str());
  };
  for (const std::string& path : paths) {
    Client client(server_->port());
    client.Send(ask("HEAD " + path) + ask("GET " + path));
    const std::string of_head = told(client.ReadUntil("\r\n\r\n"));
    EXPECT_EQ(told(client.ReadUntil("\r\n\r\n")), of_head) << path;
    EXPECT_THAT(of_head, StartsWith("HTTP/1.1 ")) << path;
    EXPECT_EQ(absl::StrContains(of_head, "GET"), absl::StrContains(of_head, "GET, HEAD")) << path;
  }
}

TEST_F(GatewayTest, NobodyAsksForTheHeadOfAnExport) {
  for (const auto& [principal, headers] : {std::pair(kJiading, ""), std::pair(kKunshan, kPurpose)}) {
    const std::string answer = Ask("HEAD /v1/districts/310114/schools:export", principal, headers);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 "));
    EXPECT_THAT(answer, HasSubstr("Allow: GET, OPTIONS\r\n"));
  }
  EXPECT_TRUE(planning_.traceparent().empty()) << "the service was not asked";
  EXPECT_TRUE(exchange_.entries().empty());
}

TEST_F(GatewayTest, WhatIsPersonalOrSecretIsNotStored) {
  for (const std::string line : {"GET /v1/districts/310114/teachers/t1", "GET /v1/districts/310114/schools",
                                 "GET /v1/districts/310114/schools:export", "GET /v1/nowhere", "POST /oauth2/token"}) {
    const std::string answer = Ask(line, kJiading);
    EXPECT_THAT(answer, HasSubstr("Cache-Control: no-store\r\n")) << line;
    EXPECT_EQ(answer.find("Cache-Control"), answer.rfind("Cache-Control")) << line;
  }
  EXPECT_THAT(Ask("GET /catalog", kJiading), HasSubstr("Cache-Control: max-age=60\r\n"));
}

TEST_F(GatewayTest, AnswersForItself) {
  EXPECT_THAT(Raw("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  while (!absl::StartsWith(Raw("GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "HTTP/1.1 200 ")) {
    std::this_thread::yield();
  }
  const std::string started = "GET /status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  while (!absl::StartsWith(Raw(started), "HTTP/1.1 200 ")) std::this_thread::yield();
  planning_server_.Stop();
  std::string without;
  do without = Raw(started);
  while (absl::StartsWith(without, "HTTP/1.1 200 "));
  EXPECT_THAT(without,
              AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr(R"("planning":false)"), HasSubstr(R"("ready":true)")));
  // One service that is away leaves the others their gateway.
  EXPECT_THAT(Raw("GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr(R"("planning":false)")));
  gateway_->SetDraining();
  EXPECT_THAT(Raw("GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(Raw("GET /openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), HasSubstr("3.1"));
  EXPECT_THAT(Raw("GET /catalog HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), HasSubstr("planning.School"));
  EXPECT_THAT(Raw("GET /.well-known/jwks.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              HasSubstr(signer_.key_id()));
  const auto token = [&](const std::string& secret) {
    const std::string form = "grant_type=password&username=a/b&password=" + secret;
    return Raw(
        absl::StrCat("POST /oauth2/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: "
                     "application/x-www-form-urlencoded\r\nContent-Length: ",
                     form.size(), "\r\n\r\n", form));
  };
  EXPECT_THAT(token("right"), HasSubstr(R"("access_token":"organizations/a/users/b")"));
  EXPECT_THAT(token("wrong"), HasSubstr("invalid_grant"));
}

}  // namespace
}  // namespace edudelta::gateway::forward
