#include <map>
#include <regex>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "edudelta/safety/v1/hazard.pb.h"
#include "gateway/forward/testing.h"
#include "gateway/routes/route_table.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::forward {
namespace {

using policy::testing::kJiading;
using policy::testing::kKunshan;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::EndsWith;
using testing::GatewayTest;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Lists go to the service, which knows the row; what can match nothing must not be taken for no condition.
TEST_F(GatewayTest, ReadsIfMatchAsAListOfTags) {
  const auto sent = [this](const std::string& headers, const std::string& body = R"({"display_name":"乙校"})") {
    return Ask("PATCH /v1/districts/310114/schools/1", kJiading, headers, body);
  };
  EXPECT_THAT(sent("If-Match: \"v1\", W/\"v2\"\r\nIf-Match: \"v3\"\r\n"), HasSubstr(R"("etag":"\"v1\", \"v3\"")"));
  EXPECT_THAT(sent("If-Match: *\r\n"), Not(HasSubstr("etag")));
  for (const char* never : {"\"\"", "W/\"v1\""}) {
    EXPECT_THAT(sent(absl::StrCat("If-Match: ", never, "\r\n")), HasSubstr(R"("etag":"\"\"")")) << never;
  }
  for (const char* malformed : {"v1", "", "\"v1", "*, \"v1\"", "\"v1\" \"v2\""}) {
    const std::string answer = sent(absl::StrCat("If-Match: ", malformed, "\r\n"));
    EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("PRECONDITION_MALFORMED"))) << malformed;
  }
  // With an etag in the body too both must hold.
  EXPECT_THAT(sent("If-Match: \"v7\", \"v8\"\r\n", R"({"etag":"\"v7\""})"), HasSubstr(R"("etag":"\"v7\"")"));
  EXPECT_THAT(sent("If-Match: \"v7\"\r\n", R"({"etag":"\"v8\""})"),
              AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("ETAG_MISMATCH")));
  planning_.update_status = Error(absl::StatusCode::kAborted, "ETAG_MISMATCH", "已被修改");
  EXPECT_THAT(sent("If-Match: \"v7\"\r\n"), StartsWith("HTTP/1.1 412 Precondition Failed\r\n"));
  EXPECT_THAT(sent("", R"({"etag":"\"v7\""})"), StartsWith("HTTP/1.1 409 ")) << "no header's";
}

TEST_F(GatewayTest, TakesOnlyCaseNumbersThatMayStandInTheLog) {
  const std::string line = "GET /v1/districts/310114/schools";
  const auto with = [](const std::string& number) {
    return absl::StrCat("Edudelta-Purpose: ENROLMENT_CHECK\r\nEdudelta-Case-Number: ", number, "\r\n");
  };
  EXPECT_THAT(Ask(line, kKunshan, with("RX-2026/0001")), StartsWith("HTTP/1.1 200 "));
  const std::pair<const char*, const char*> cases[] = {{".", "CASE_NUMBER_INVALID"},
                                                       {"=1+1", "CASE_NUMBER_INVALID"},
                                                       {"A 1", "CASE_NUMBER_INVALID"},
                                                       {"14164218361", "CASE_NUMBER_PERSONAL"}};
  for (const auto& [number, reason] : cases) {
    EXPECT_THAT(Ask(line, kKunshan, with(number)), AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr(reason))) << number;
  }
  ASSERT_EQ(exchange_.entries().size(), 1u);
  EXPECT_EQ(exchange_.entries()[0].case_number(), "RX-2026/0001");
}

TEST_F(GatewayTest, TakesOneRequestId) {
  const std::string line = "PATCH /v1/districts/310114/schools/1";
  const std::string id = "6F9619FF-8B86-4D01-B42D-00CF4FC964FF", lower = absl::AsciiStrToLower(id);
  const std::string key = absl::StrCat("Idempotency-Key: ", id, "\r\n");
  // The fake answers the id as its handler sees it: in lower case, whoever sends it.
  const auto seen = HasSubstr(absl::StrCat(R"("address":")", lower, "\""));
  EXPECT_THAT(Ask(line, kJiading, key, "{}"), seen);
  EXPECT_THAT(Ask(absl::StrCat(line, "?request_id=", id), kJiading, "", "{}"), seen);
  EXPECT_THAT(Ask(absl::StrCat(line, "?request_id=", lower), kJiading, key, "{}"), seen);
  EXPECT_THAT(Ask(line + "?request_id=00000000-8b86-4d01-b42d-00cf4fc964ff", kJiading, key, "{}"),
              AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("REQUEST_ID_MISMATCH")));
  EXPECT_THAT(Ask(line + "?request_id=Key", kJiading, "", "{}"), HasSubstr(R"("address":"Key")"))
      << "what is no UUID is for the service to refuse";
}

TEST_F(GatewayTest, RepeatsNoRequestIdButUuids) {
  const std::string line = "GET /v1/districts/310114/schools/1";
  for (const char* id : {"6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "6F9619FF-8B86-1D01-B42D-00CF4FC964FF"}) {
    EXPECT_THAT(Ask(line, kJiading, absl::StrCat("X-Request-Id: ", id, "\r\n")),
                HasSubstr(absl::StrCat("X-Request-Id: ", id, "\r\n")));
    EXPECT_THAT(Log(), HasSubstr(id));
  }
  for (const char* id : {"990583199001019991", "a-1", "6f9619ff8b864d01b42d00cf4fc964ff", "6f9619ff-8b86-4d01-b42d"}) {
    EXPECT_THAT(Ask(line, kJiading, absl::StrCat("X-Request-Id: ", id, "\r\n")),
                AllOf(ContainsRegex("X-Request-Id: [0-9a-f]{8}-[0-9a-f-]{27}\r\n"), Not(HasSubstr(id))));
    EXPECT_THAT(Log(), Not(HasSubstr(absl::StrCat("\"", id, "\""))));
  }
}

TEST_F(GatewayTest, RefusesPreconditionsThatNobodyWouldCheck) {
  const std::pair<const char*, const char*> cases[] = {
      {"POST /v1/districts/310114/schools", "If-Match: \"v1\"\r\n"},
      {"POST /v1/districts/310114/schools", "If-None-Match: \"v1\"\r\n"},
      {"POST /v1/districts/310114/schools:import", "If-Match: *\r\n"},
      {"GET /v1/districts/310114/schools", "If-Match: \"v1\"\r\n"},
      {"PATCH /v1/districts/310114/schools/1", "If-None-Match: *\r\n"}};
  for (const auto& [line, header] : cases) {
    const std::string answer = Ask(line, kJiading, header, line[0] == 'P' ? "{}" : "");
    EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("PRECONDITION_UNSUPPORTED"))) << line << header;
  }
  // Who creates asks for nothing else.
  EXPECT_THAT(Ask("POST /v1/districts/310114/schools", kJiading, "If-None-Match: *\r\n", "{}"),
              Not(HasSubstr("PRECONDITION")));
  EXPECT_THAT(Ask("GET /v1/districts/310114/schools", kJiading, "If-None-Match: \"v1\"\r\n"),
              StartsWith("HTTP/1.1 200 "));
}

// The head of an answer that is all of it.
auto IsNotModified() {
  return AllOf(StartsWith("HTTP/1.1 304 Not Modified\r\n"), EndsWith("\r\n\r\n"), Not(HasSubstr("\r\nContent-")));
}

// The answer's tag, which names its row's version and this process.
std::string TagIn(const std::string& answer) {
  std::smatch tag;
  EXPECT_TRUE(std::regex_search(answer, tag, std::regex("ETag: (\"[a-z0-9]+;[0-9a-f]{8}[;a-z]*\")\r\n"))) << answer;
  return tag.empty() ? "" : tag.str(1);
}

TEST_F(GatewayTest, AnswersOfARowItsReaderHasThatNothingChanged) {
  const std::string line = "/v1/districts/310114/schools/1";
  const std::string first = Ask("GET " + line, kJiading);
  EXPECT_THAT(first, AllOf(HasSubstr("Cache-Control: private, no-cache\r\n"),
                           HasSubstr("Vary: Authorization, Edudelta-Purpose\r\n")));
  const std::string tag = TagIn(first);
  EXPECT_THAT(tag, StartsWith("\"v1;"));
  for (const std::string& known : {tag, "W/" + tag, "\"v0\", " + tag, std::string("*")}) {
    for (const char* method : {"GET ", "HEAD "}) {
      const std::string answer = Ask(method + line, kJiading, absl::StrCat("If-None-Match: ", known, "\r\n"));
      EXPECT_THAT(answer, AllOf(IsNotModified(), HasSubstr(absl::StrCat("ETag: ", tag, "\r\n")))) << known;
    }
  }
  // Another process may have shown other fields of the same version.
  for (const char* other : {"\"v0\"", "\"v1\"", "\"v1;00000000\""}) {
    EXPECT_THAT(Ask("GET " + line, kJiading, absl::StrCat("If-None-Match: ", other, "\r\n")),
                AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("secret address")))
        << other;
  }
  EXPECT_THAT(Ask("GET " + line, kJiading, "If-None-Match: v1\r\n"), HasSubstr("PRECONDITION_MALFORMED"));
  for (const std::string& its : {tag, std::string("\"v1\"")}) {
    EXPECT_THAT(Ask("GET " + line, kJiading, absl::StrCat("If-Match: ", its, "\r\n")), StartsWith("HTTP/1.1 200 "));
  }
  EXPECT_THAT(Ask("GET " + line, kJiading, "If-Match: \"v0\"\r\n"),
              AllOf(StartsWith("HTTP/1.1 412 "), Not(HasSubstr("secret address"))));
  EXPECT_TRUE(exchange_.entries().empty());
}

// Nothing that came in clear must be shown again for the word of an answer that was masked, or the other way round.
TEST_F(GatewayTest, HasATagForEachFormInWhichARowIsSeen) {
  const std::string line = "GET /v1/districts/310114/teachers/t1";
  teachers_.shown = rpc::Shown::kClear;
  const std::string first = Ask(line, kJiading);
  EXPECT_THAT(first, HasSubstr("Cache-Control: no-store\r\n"));
  const std::string clear = TagIn(first);
  EXPECT_THAT(clear, EndsWith(";clear\""));
  const std::string masked = absl::StrCat(clear.substr(0, clear.size() - 7), "\"");
  EXPECT_THAT(Ask(line, kJiading, absl::StrCat("If-None-Match: ", masked, "\r\n")), HasSubstr("某某"));
  EXPECT_THAT(Ask(line, kJiading, absl::StrCat("If-None-Match: ", clear, "\r\n")),
              AllOf(IsNotModified(), HasSubstr("Edudelta-Entry: 3\r\n")))
      << "that it is as before is a read as well";
  EXPECT_EQ(exchange_.entries().size(), 3u);
  teachers_.shown = rpc::Shown::kMasked;
  teachers_.full_name = "某*";
  EXPECT_THAT(Ask(line, kJiading, absl::StrCat("If-None-Match: ", clear, "\r\n")),
              AllOf(HasSubstr("某*"), HasSubstr(absl::StrCat("ETag: ", masked, "\r\n"))));
  EXPECT_EQ(exchange_.entries().size(), 3u);
  // Whoever writes means the row.
  EXPECT_THAT(Ask("PATCH /v1/districts/310114/schools/1", kJiading, "If-Match: \"v1;0a1b2c3d;clear\"\r\n", "{}"),
              HasSubstr(R"("etag":"\"v1\"")"));
}

// Partners do not see versions: an agreement cannot name the etag.
TEST_F(GatewayTest, APartnerHasNoTagsAndCannotAskByThem) {
  const std::string line = "GET /v1/districts/310114/schools/1", purpose = "Edudelta-Purpose: ENROLMENT_CHECK\r\n";
  EXPECT_THAT(Ask(line, kKunshan, purpose), AllOf(StartsWith("HTTP/1.1 200 "), Not(HasSubstr("\r\nETag"))));
  EXPECT_THAT(Ask(line, kKunshan, purpose + "If-None-Match: \"v1\"\r\n"), HasSubstr("甲校"));
  EXPECT_THAT(Ask(line, kKunshan, purpose + "If-Match: \"v1\"\r\n"),
              AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("PRECONDITION_UNSUPPORTED"), Not(HasSubstr("甲校"))));
}

TEST(HasTag, IsFalseWhereADayMayChangeTheAnswer) {
  EXPECT_FALSE(HasTag(safety::v1::Hazard::descriptor(), false)) << "overdue";
  EXPECT_TRUE(HasTag(planning::v1::School::descriptor(), false));
  EXPECT_FALSE(HasTag(planning::v1::School::descriptor(), true));
}

TEST(IsFailedPrecondition, IsOfTheIdWhereOnlyANewRowIsWanted) {
  http::Request create;
  create.headers = {{"if-none-match", "*"}};
  const absl::Status there = Error(absl::StatusCode::kAlreadyExists, "SCHOOL_EXISTS", "已有相同的学校");
  const absl::Status other =
      Error(absl::StatusCode::kAlreadyExists, "SCHOOL_EXISTS", "已有相同的学校", {{"field", "credit_code"}});
  EXPECT_TRUE(IsFailedPrecondition(create, there));
  EXPECT_FALSE(IsFailedPrecondition(create, other)) << "another row";
  EXPECT_FALSE(IsFailedPrecondition({}, there));
}

TEST_F(GatewayTest, AnswersOptionsOfEveryAddress) {
  const std::vector<const google::protobuf::ServiceDescriptor*> services = {
      describe::FindService("planning"), describe::FindService("teachers"), describe::FindService("exchange")};
  const auto table = routes::RouteTable::Make(services).value();
  std::map<std::string, std::string> methods = {{"*", "DELETE"},     {"/healthz", "GET"},
                                                {"/readyz", "GET"},  {"/oauth2/token", "POST"},
                                                {"/catalog", "GET"}, {"/openapi.json", "GET"}};
  for (const auto& route : table->routes()) {
    methods[std::regex_replace(route->path, std::regex("\\{[a-z_]+\\}"), "1")] = route->http_method;
  }
  for (const auto& [path, method] : methods) {
    const std::string answer = Raw(absl::StrCat("OPTIONS ", path, " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 204 No Content\r\n"), EndsWith("\r\n\r\n"),
                              ContainsRegex(absl::StrCat("Allow: [A-Z, ]*", method, "[A-Z, ]*, OPTIONS\r\n"))))
        << path;
  }
  EXPECT_THAT(Ask("OPTIONS /v1/nowhere", kJiading), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Ask("OPTIONS /v1/districts/-/schools", kJiading), HasSubstr("Allow: GET, HEAD, OPTIONS\r\n"))
      << "nothing is made there";
}

TEST_F(GatewayTest, TellsBrowsersOfItsOriginsWhatTheyMayRead) {
  const std::string origin = "Origin: https://console.example\r\n";
  const auto allowed = HasSubstr("Access-Control-Allow-Origin: https://console.example\r\n");
  for (const char* line :
       {"GET /v1/districts/310114/schools/1", "GET /v1/districts/310114/schools:export", "GET /v1/nowhere",
        "PUT /v1/districts/310114/schools/1", "GET /healthz", "POST /oauth2/token"}) {
    EXPECT_THAT(Ask(line, kJiading, origin),
                AllOf(allowed, HasSubstr("Vary: Origin\r\n"), HasSubstr("ETag, Retry-After")))
        << line;
    EXPECT_THAT(Ask(line, kJiading, "Origin: https://other.example\r\n"),
                AllOf(HasSubstr("Vary: Origin\r\n"), Not(HasSubstr("Access-Control"))))
        << line;
  }
  EXPECT_THAT(Raw(absl::StrCat("GET /healthz HTTP/1.1\r\n", origin, "Host: a\r\nHost: b\r\n\r\n")),
              AllOf(StartsWith("HTTP/1.1 400 "), allowed))
      << "what the edge itself refuses";
  const std::pair<std::string, const char*> cases[] = {
      {"GET /healthz HTTP/2.0\r\n", "505"},
      {absl::StrCat("GET /", std::string(20000, 'a'), " HTTP/1.1\r\n"), "4"},
      {"GET /healthz HTTP/1.1\r\nContent-Length: x\r\n", "400"},
      {"POST /v1/districts/310114/schools:import HTTP/1.1\r\nContent-Length: 99999999999999\r\n", "413"}};
  for (const auto& [begin, status] : cases) {
    EXPECT_THAT(Raw(absl::StrCat(begin, origin, "Host: x\r\n\r\n")),
                AllOf(StartsWith(absl::StrCat("HTTP/1.1 ", status)), allowed))
        << begin.substr(0, 60);
  }
  const std::string preflight =
      Raw(absl::StrCat("OPTIONS /v1/districts/310114/schools/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", origin,
                       "Access-Control-Request-Method: PATCH\r\nAccess-Control-Request-Headers: if-match\r\n\r\n"));
  EXPECT_THAT(preflight, AllOf(StartsWith("HTTP/1.1 204 "), allowed, HasSubstr("POST, PATCH, DELETE\r\n"),
                               HasSubstr("If-Match, "), Not(HasSubstr("Credentials"))));
}

// The head of an answer, and its content out of its chunks and its coding.
std::pair<std::string, std::string> Parts(const std::string& answer) {
  const auto end = answer.find("\r\n\r\n") + 4;
  std::string head = answer.substr(0, end), content = answer.substr(end);
  if (absl::StrContains(head, "Transfer-Encoding: chunked")) {
    std::string whole;
    for (std::size_t at = 0, size = 1; size > 0; at = content.find("\r\n", at) + 4 + size) {
      size = std::stoul(content.substr(at), nullptr, 16);
      whole += content.substr(content.find("\r\n", at) + 2, size);
    }
    content = whole;
  }
  if (!absl::StrContains(head, "Content-Encoding: gzip")) return {head, content};
  const auto unzipped = http::testing::Unzip(content);
  EXPECT_TRUE(unzipped.complete);
  return {head, unzipped.text};
}

TEST_F(GatewayTest, AnswersInGzipWhereItIsWorthIt) {
  const std::string gzip = "Accept-Encoding: br, gzip\r\n", only = "Accept-Encoding: gzip, identity;q=0\r\n";
  planning_.list_rows = 100;
  for (const std::string path : {"/v1/districts/310114/schools", "/v1/districts/310114/schools:export", "/openapi.json",
                                 "/v1/districts/310114/schools:export?format=ndjson", "/catalog"}) {
    const auto [plain_head, plain] = Parts(Ask("GET " + path, kJiading));
    const auto [head, text] = Parts(Ask("GET " + path, kJiading, gzip));
    EXPECT_THAT(plain_head, AllOf(Not(HasSubstr("Content-Encoding")), HasSubstr("Vary: Accept-Encoding\r\n"))) << path;
    EXPECT_THAT(head, AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Content-Encoding: gzip\r\n"),
                            HasSubstr("Vary: Accept-Encoding\r\n")))
        << path;
    EXPECT_EQ(text, plain) << path;
  }
  const auto [head, text] = Parts(Ask("GET /v1/districts/310114/schools/1", kJiading, gzip));
  EXPECT_THAT(head, Not(HasSubstr("Content-Encoding"))) << "too little";
  const auto [small_head, small] = Parts(Ask("GET /v1/districts/310114/schools/1", kJiading, only));
  EXPECT_THAT(small_head, HasSubstr("Content-Encoding: gzip\r\n"));
  const std::string tag = TagIn(small_head);
  EXPECT_THAT(tag, EndsWith(";gzip\""));
  EXPECT_EQ(small, text);
  EXPECT_THAT(Ask("GET /v1/districts/310114/schools/1", kJiading, absl::StrCat(only, "If-None-Match: ", tag, "\r\n")),
              AllOf(IsNotModified(), HasSubstr(absl::StrCat("ETag: ", tag, "\r\n"))));
  EXPECT_THAT(Ask("PATCH /v1/districts/310114/schools/1", kJiading, absl::StrCat("If-Match: ", tag, "\r\n"), "{}"),
              HasSubstr(R"("etag":"\"v1\"")"));
}

TEST_F(GatewayTest, ExportsTheFormatThatIsWanted) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "text/csv"},
      {"Accept: */*\r\n", "text/csv"},
      {"Accept: application/json\r\n", "text/csv"},
      {"Accept: application/x-ndjson\r\n", "application/x-ndjson"},
      {"Accept: application/x-ndjson, */*\r\n", "application/x-ndjson"},
      {"Accept: text/csv, application/x-ndjson\r\n", "text/csv"},
      {"Accept: text/csv;q=0.5\r\nAccept: application/x-ndjson\r\n", "application/x-ndjson"},
      {"Accept: application/x-ndjson;q=0, text/csv\r\n", "text/csv"},
      {"Accept: application/x-ndjson;q=0\r\n", "text/csv"},
      {"Accept: text/csv;q=0, */*;q=0.1\r\n", "application/x-ndjson"},
      {"Accept: application/x-ndjson;q=0.2, text/csv;q=0.8\r\n", "text/csv"}};
  for (const auto& [accept, type] : cases) {
    EXPECT_THAT(Ask("GET /v1/districts/310114/schools:export", kJiading, accept),
                AllOf(HasSubstr(absl::StrCat("Content-Type: ", type)), HasSubstr("\r\nVary: Accept\r\n")))
        << accept;
  }
}

TEST_F(GatewayTest, NeverPutsSecretsIntoGzip) {
  const std::string only = "Accept-Encoding: gzip, identity;q=0\r\n";
  const std::string form = "grant_type=password&username=a/b&password=right";
  EXPECT_THAT(Ask("POST /oauth2/token", kJiading, only + "Content-Type: application/x-www-form-urlencoded\r\n", form),
              AllOf(StartsWith("HTTP/1.1 200 "), Not(HasSubstr("Content-Encoding"))));
  EXPECT_THAT(Ask("POST /v1/organizations/jiading/clients/c:rotateSecret", kJiading, only, "{}"),
              AllOf(StartsWith("HTTP/1.1 200 "), Not(HasSubstr("Content-Encoding"))));
}

TEST_F(GatewayTest, ItsDocumentsHaveTags) {
  for (const std::string path : {"/openapi.json", "/catalog", "/.well-known/jwks.json"}) {
    const std::string first = Ask("GET " + path, kJiading);
    std::smatch tag;
    ASSERT_TRUE(std::regex_search(first, tag, std::regex("ETag: (\"[0-9a-f]{32}\")\r\n"))) << path;
    const std::string header = absl::StrCat("If-None-Match: ", tag.str(1), "\r\n");
    for (const char* method : {"GET ", "HEAD "})
      EXPECT_THAT(Ask(method + path, kJiading, header), IsNotModified()) << path;
    EXPECT_THAT(Ask("GET " + path, kJiading, "If-None-Match: \"0\"\r\n"), StartsWith("HTTP/1.1 200 ")) << path;
    const std::string zipped = absl::StrCat(tag.str(1).substr(0, 33), ";gzip\"");
    EXPECT_THAT(Ask("GET " + path, kJiading, "Accept-Encoding: gzip\r\n"), HasSubstr("ETag: " + zipped)) << path;
    EXPECT_THAT(Ask("GET " + path, kJiading, "If-None-Match: " + zipped + "\r\n"), IsNotModified()) << path;
  }
}

}  // namespace
}  // namespace edudelta::gateway::forward
