// What the edge offers by TLS, as the openssl command sees it.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/metrics/registry.h"
#include "gateway/http/certificate.h"
#include "gateway/http/server.h"
#include "gateway/http/ticket_keys.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::http {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Output(const std::string& command) {
  std::string out;
  FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  char piece[4096];
  while (const std::size_t count = fread(piece, 1, sizeof(piece), pipe)) out.append(piece, count);
  pclose(pipe);
  return out;
}

class TlsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string folder = ::testing::TempDir() + "/tls.XXXXXX";
    folder = mkdtemp(folder.data());
    ServerOptions options;
    options.address = "127.0.0.1:0";
    options.tls_cert = folder + "/cert.pem";
    options.tls_key = folder + "/key.pem";
    const std::string made =
        Output(absl::StrCat("openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout ",
                            options.tls_key, " -out ", options.tls_cert));
    options.now = [this] { return absl::Now() + lives_.load() * TicketKeys::kLife; };
    folder_ = folder;
    auto server = Server::Start(
        options,
        [](const std::shared_ptr<Exchange>& exchange) {
          exchange->Send({200, {}, "x"});
        },
        registry_);
    ASSERT_TRUE(server.ok()) << server.status() << made;
    server_ = *std::move(server);
  }

  // What a client that insists on `how` gets.
  std::string Ask(const std::string& how) const {
    return Output(absl::StrCat(
        "printf 'GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | timeout 60 openssl s_client "
        "-ign_eof -connect 127.0.0.1:",
        server_->port(), " ", how));
  }

  std::string folder_;
  std::atomic<int> lives_{0};
  metrics::Registry registry_;
  std::unique_ptr<Server> server_;
};

TEST_F(TlsTest, OffersOnlyAuthenticatedSuitesWithSha2) {
  for (const char* suite : {"ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA384", "AES128-SHA",
                            "AES128-GCM-SHA256"}) {
    EXPECT_THAT(Ask(absl::StrCat("-tls1_2 -cipher ", suite)), Not(HasSubstr("HTTP/1.1 200"))) << suite;
  }
  EXPECT_THAT(Ask("-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256"), HasSubstr("HTTP/1.1 200"));
  EXPECT_THAT(Ask("-tls1_2"), HasSubstr("HTTP/1.1 200"));
  EXPECT_THAT(Ask("-tls1_3"), HasSubstr("HTTP/1.1 200"));
  EXPECT_THAT(Ask("-tls1_1 -cipher DEFAULT:@SECLEVEL=0"), Not(HasSubstr("HTTP/1.1 200")));
}

TEST_F(TlsTest, CountsHandshakesThatFail) {
  EXPECT_THAT(Ask("-tls1_2 -cipher AES128-SHA"), Not(HasSubstr("HTTP/1.1 200")));
  // Once it has ended all is counted.
  server_.reset();
  EXPECT_THAT(metrics::Render(registry_), HasSubstr("edudelta_http_refused_total{reason=\"TLS_HANDSHAKE_FAILED\"} 1"));
}

// A client comes back with its ticket, until the keys have been replaced twice.
TEST_F(TlsTest, ResumesSessionsAndForgetsTheirKeys) {
  for (const std::string version : {"-tls1_2", "-tls1_3"}) {
    const std::string ticket = absl::StrCat(folder_, "/session", version, ".pem");
    const auto come_back = [&] { return Ask(absl::StrCat(version, " -sess_in ", ticket)); };
    ASSERT_THAT(Ask(absl::StrCat(version, " -sess_out ", ticket)),
                AllOf(HasSubstr("New, TLS"), HasSubstr("HTTP/1.1 200")));
    EXPECT_THAT(come_back(), AllOf(HasSubstr("Reused, TLS"), HasSubstr("HTTP/1.1 200"))) << version;
    ++lives_;
    EXPECT_THAT(come_back(), HasSubstr("Reused, TLS")) << version << ": under the former key";
    ++lives_;
    EXPECT_THAT(come_back(), AllOf(HasSubstr("New, TLS"), HasSubstr("HTTP/1.1 200"))) << version << ": its key is gone";
  }
}

TEST_F(TlsTest, TakesACertificateThatWasReplaced) {
  const std::string chain = absl::StrCat(folder_, "/cert.pem"), key = absl::StrCat(folder_, "/key.pem");
  auto certificate = Certificate::Load(chain, key, absl::Now);
  ASSERT_TRUE(certificate.ok()) << certificate.status();
  const auto subject = [&] {
    X509* const x509 = SSL_CTX_get0_certificate((*certificate)->context().native_handle());
    char name[64];
    return std::string(X509_NAME_oneline(X509_get_subject_name(x509), name, sizeof(name)));
  };
  const auto replace = [&](const std::string& made, const std::string& file) {
    Output(absl::StrCat("mv ", folder_, "/", made, " ", file));
  };
  EXPECT_EQ(*(*certificate)->Renew(), false);
  Output(absl::StrCat("openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=next -keyout ", folder_,
                      "/next.key -out ", folder_, "/next.pem"));
  replace("next.pem", chain);
  EXPECT_TRUE(absl::IsInvalidArgument((*certificate)->Renew().status())) << "its key is to come";
  EXPECT_EQ(subject(), "/CN=localhost");
  replace("next.key", key);
  EXPECT_EQ(*(*certificate)->Renew(), true);
  EXPECT_EQ(subject(), "/CN=next");
}

TEST_F(TlsTest, AsksBrowsersToComeByTlsAgain) {
  EXPECT_THAT(Ask(""), HasSubstr("Strict-Transport-Security: max-age=31536000"));
}

TEST(HttpServerOptions, RefusesPlaintextBeyondLoopback) {
  metrics::Registry registry;
  ServerOptions options;
  options.address = "0.0.0.0:0";
  EXPECT_EQ(Server::Start(options, {}, registry).status().code(), absl::StatusCode::kInvalidArgument);
  options.allow_plaintext = true;
  EXPECT_TRUE(Server::Start(
                  options, [](auto) {}, registry)
                  .ok());
}

}  // namespace
}  // namespace edudelta::gateway::http
