#include "gateway/forward/status_port.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gateway/forward/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::forward {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class StatusPortTest : public testing::GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    http::ServerOptions options;
    options.address = "127.0.0.1:0";
    status_ = http::Server::Start(options, StatusHandler(*gateway_, registry_), not_told_).value();
  }
  void TearDown() override {
    status_.reset();
    GatewayTest::TearDown();
  }

  static std::string AskAt(int port, const std::string& line) {
    http::testing::Client client(port);
    client.Send(absl::StrCat(line, " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    return client.ReadAll();
  }
  std::string AskStatus(const std::string& line) { return AskAt(status_->port(), line); }

  metrics::Registry not_told_;
  std::unique_ptr<http::Server> status_;
};

std::string ContentOf(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n")); }

TEST_F(StatusPortTest, SaysOfHealthWhatTheEdgeSays) {
  while (!absl::StartsWith(AskStatus("GET /status"), "HTTP/1.1 200 ")) std::this_thread::yield();
  for (const bool draining : {false, true}) {
    if (draining) gateway_->SetDraining();
    for (const std::string line : {"GET /healthz", "GET /readyz", "GET /status"}) {
      const std::string status = AskStatus(line), edge = AskAt(server_->port(), line);
      EXPECT_EQ(status.substr(0, 13), edge.substr(0, 13)) << line;
      EXPECT_EQ(ContentOf(status), ContentOf(edge)) << line;
    }
    EXPECT_THAT(AskStatus("HEAD /readyz"), StartsWith(draining ? "HTTP/1.1 503 " : "HTTP/1.1 200 "));
    EXPECT_THAT(AskStatus("GET /healthz"), StartsWith("HTTP/1.1 200 "));
  }
}

TEST_F(StatusPortTest, HasTheMetricsAndNothingElse) {
  AskAt(server_->port(), "GET /healthz");
  EXPECT_THAT(AskStatus("GET /metrics"),
              AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Content-Type: text/plain; version=0.0.4"),
                    HasSubstr("edudelta_http_requests_total{code=\"200\",method=\"healthz\"} 1")));
  EXPECT_THAT(AskStatus("POST /metrics"), AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: GET, HEAD\r\n")));
  EXPECT_THAT(AskStatus("GET /v1/districts"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(AskStatus("GET /openapi.json"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(StatusPortTest, AnswersWhileTheEdgeIsFull) {
  http::ServerOptions options;
  options.address = "127.0.0.1:0";
  options.max_connections = 1;
  server_ = http::Server::Start(
                options, [this](auto exchange) { gateway_->Handle(std::move(exchange)); }, registry_)
                .value();
  // Being answered, so it does not give way.
  http::testing::Client busy(server_->port());
  busy.Send(Head("GET /v1/districts/310114/schools/slow", policy::testing::kJiading) + "\r\n");
  while (planning_.traceparent().empty()) std::this_thread::yield();
  EXPECT_THAT(AskAt(server_->port(), "GET /healthz"), HasSubstr("CONNECTION_LIMIT"));
  EXPECT_THAT(AskStatus("GET /healthz"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(AskStatus("GET /metrics"), HasSubstr("CONNECTION_LIMIT\"} 1"));
  busy.Close();
}

}  // namespace
}  // namespace edudelta::gateway::forward
