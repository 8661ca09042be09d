#include "common/rpc/server.h"

#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "absl/synchronization/notification.h"
#include "common/base/error.h"
#include "common/rpc/signals.h"
#include "common/rpc/test_service.h"
#include "gmock/gmock.h"
#include "grpcpp/impl/client_unary_call.h"
#include "grpcpp/support/byte_buffer.h"

namespace edudelta::rpc {
namespace {

using ::testing::HasSubstr;

// The bytes of grpc.health.v1.HealthCheckResponse: field 1 is 1 when SERVING, 2 when not.
std::string Health(grpc::ChannelInterface& channel) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(Soon()));
  const grpc::Slice nothing;
  const grpc::ByteBuffer request(&nothing, 1);
  grpc::ByteBuffer response;
  const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Check", grpc::internal::RpcMethod::NORMAL_RPC);
  const grpc::Status status = grpc::internal::BlockingUnaryCall(&channel, method, &context, request, &response);
  if (!status.ok()) return status.error_message();
  grpc::Slice bytes;
  response.DumpToSingleSlice(&bytes);
  return std::string(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
}

TEST(Server, IsServingOnlyWhenSaid) {
  Node node;
  auto channel = node.OverUnix();
  EXPECT_EQ(Health(*channel), "\x08\x02");
  node.server->SetServing(true);
  EXPECT_EQ(Health(*channel), "\x08\x01");
}

TEST(Server, LetsOnlyItsUserOpenTheSocket) {
  Node node;
  struct stat info {};
  ASSERT_EQ(stat(node.socket.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0077u, 0u);
}

TEST(Server, FinishesRunningCallsWhenItDrains) {
  Node node;
  absl::Notification running, release;
  node.service->handler = [&](const Call&, const ListEventsRequest&, auto* response) {
    running.Notify();
    release.WaitForNotification();
    response->set_next_position(7);
    return absl::OkStatus();
  };
  auto channel = node.OverUnix();
  std::thread call([&] { EXPECT_EQ(Ask(*channel).value_or(0), 7); });
  running.WaitForNotification();
  std::thread drain([&] { node.server->Drain(); });
  auto late = node.OverUnix();
  absl::Status refused;
  do {
    refused = Ask(*late, absl::Now() + absl::Seconds(1), call::v1::Caller()).status();
  } while (ReasonOf(refused) == "CALLER_MISSING");
  EXPECT_TRUE(absl::IsUnavailable(refused) || absl::IsDeadlineExceeded(refused)) << refused;
  release.Notify();
  call.join();
  drain.join();
}

TEST(Server, RefusesAnAddressBeyondLoopbackWithoutTls) {
  Node node;
  Server::Options options;
  options.address = "0.0.0.0:0";
  auto server = Server::Start(options, {node.service->service()}, node.logger);
  EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(server.status().message()), HasSubstr("TLS"));
}

TEST(Server, LeavesASocketInUseAlone) {
  Node node;
  Server::Options options;
  options.unix_path = node.socket;
  auto server = Server::Start(options, {node.service->service()}, node.logger);
  EXPECT_EQ(server.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(Ask(*node.OverUnix()).ok());
}

TEST(Server, RefusesATakenPort) {
  Server::Options options;
  options.address = "127.0.0.1:0";
  Node node({}, options);
  Node other;
  options.address = "127.0.0.1:" + std::to_string(node.server->port());
  auto server = Server::Start(options, {other.service->service()}, node.logger);
  EXPECT_EQ(server.status().code(), absl::StatusCode::kUnavailable);
}

class TlsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string pattern = testing::TempDir() + "/tls.XXXXXX";
    folder = mkdtemp(pattern.data());
    Run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca"
        " -keyout ca.key -out ca.pem");
    for (const char* name : {"planning", "teachers", "gateway", "stranger"}) {
      const std::string n(name);
      Run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + n + " -keyout " + n +
          ".key -out " + n + ".csr -addext subjectAltName=DNS:" + n);
      Run("openssl x509 -req -days 2 -CA ca.pem -CAkey ca.key -CAcreateserial -in " + n + ".csr -out " + n +
          ".pem -copy_extensions copy");
    }
  }
  static void Run(const std::string& command) {
    ASSERT_EQ(std::system(("cd " + folder + " && " + command + " 2>/dev/null").c_str()), 0) << command;
  }
  static TlsFiles Files(const std::string& name) {
    return {folder + "/" + name + ".pem", folder + "/" + name + ".key", folder + "/ca.pem"};
  }
  static absl::Status AskAs(const std::string& name, int port,
                            const call::v1::Caller& caller = ServiceCaller("planning")) {
    const std::string address = "127.0.0.1:" + std::to_string(port);
    auto channel = Connect({.address = address, .tls = Files(name), .tls_name = "planning"});
    return channel.ok() ? Ask(**channel, Soon(), caller).status() : channel.status();
  }
  static std::string folder;
};
std::string TlsTest::folder;

TEST_F(TlsTest, BelievesAPeerByTheNameInItsCertificate) {
  Frame::Options options;
  options.trusted_names = {"planning"};
  Server::Options server;
  server.address = "127.0.0.1:0";
  server.tls = Files("planning");
  Node node(options, server);
  EXPECT_TRUE(AskAs("planning", node.server->port()).ok()) << AskAs("planning", node.server->port());
  EXPECT_EQ(ReasonOf(AskAs("stranger", node.server->port())), "PEER_NOT_TRUSTED");
  auto plain = Connect({.address = "127.0.0.1:" + std::to_string(node.server->port())});
  EXPECT_EQ(ReasonOf(Ask(**plain).status()), "SERVICE_UNAVAILABLE");
}

call::v1::Caller CallerOf(call::v1::Caller::Kind kind, const std::string& principal, options::v1::Role role) {
  call::v1::Caller caller;
  caller.set_kind(kind);
  caller.set_principal(principal);
  auto* binding = caller.add_bindings();
  binding->set_role(role);
  binding->set_prefix("*");
  return caller;
}

TEST_F(TlsTest, TakesFromAPeerOnlyWhomItMayPresent) {
  using call::v1::Caller;
  Frame::Options options;
  options.trusted_names = {"gateway", "planning", "teachers"};
  Server::Options server;
  server.address = "127.0.0.1:0";
  server.tls = Files("planning");
  Node node(options, server);
  const auto reason = [&](const std::string& peer, const Caller& caller) {
    return ReasonOf(AskAs(peer, node.server->port(), caller));
  };
  const std::string refused = "CALLER_NOT_OF_PEER";
  const Caller user = CallerOf(Caller::KIND_USER, "organizations/a/users/u", options::v1::ROLE_BUREAU_CLERK);
  const Caller client = CallerOf(Caller::KIND_CLIENT, "organizations/a/clients/c", options::v1::ROLE_BUREAU_CLERK);
  for (const Caller& person : {user, client}) {
    EXPECT_EQ(reason("gateway", person), "");
    EXPECT_EQ(reason("teachers", person), refused);
  }
  EXPECT_EQ(reason("teachers", ServiceCaller("teachers")), "");
  EXPECT_EQ(reason("gateway", ServiceCaller("gateway")), "");
  EXPECT_EQ(reason("teachers", ServiceCaller("planning")), refused);
  EXPECT_EQ(reason("gateway", ServiceCaller("teachers")), refused);
  Caller behalf = ServiceCaller("teachers");
  behalf.set_on_behalf_of("organizations/a/users/u");
  EXPECT_EQ(reason("teachers", behalf), "");
  EXPECT_EQ(reason("planning", behalf), refused);
  EXPECT_EQ(reason("gateway", CallerOf(Caller::KIND_USER, "organizations/a/users/u", options::v1::ROLE_SERVICE)),
            refused);
  EXPECT_EQ(reason("gateway", CallerOf(Caller::KIND_USER, "services/teachers", options::v1::ROLE_ADMINISTRATOR)),
            refused);
  EXPECT_EQ(reason("gateway", CallerOf(Caller::KIND_UNSPECIFIED, "x", options::v1::ROLE_ADMINISTRATOR)), refused);
  auto local = node.OverUnix();
  EXPECT_TRUE(Ask(*local, Soon(), user).ok()) << "what can open the socket is the suite itself";
}

TEST_F(TlsTest, SaysWhichFileIsMissing) {
  TlsFiles files = Files("planning");
  files.key.clear();
  EXPECT_THAT(MakeServerCredentials(files).status().ToString(), HasSubstr("key"));
}

TEST(Connect, SendsNoIdentityAbroadInPlaintext) {
  EXPECT_EQ(Connect({.address = "10.0.0.7:7000"}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Connect, GivesAReasonWhenThePeerIsNotThere) {
  auto channel = Connect({.address = "unix:/nonexistent/s.sock"});
  EXPECT_EQ(ReasonOf(Ask(**channel).status()), "SERVICE_UNAVAILABLE");
}

TEST(InvokeAsync, TellsWhatInvokeWouldReturn) {
  Node node;
  auto channel = node.OverUnix();
  absl::Status told = absl::UnknownError("not told");
  auto ask = [&](ListEventsResponse* response) {
    Context context(ServiceCaller("planning"), Soon(), "");
    absl::Notification done;
    InvokeAsync(*channel, Node::Method(), context, ListEventsRequest(), response, [&](absl::Status status) {
      told = std::move(status);
      done.Notify();
    });
    done.WaitForNotification();
  };
  ListEventsResponse response;
  ask(&response);
  EXPECT_TRUE(told.ok()) << told;
  EXPECT_EQ(response.next_position(), 1);
  node.service->handler = [](const Call&, const auto&, auto*) { return Refused("NOT_NOW", "现在不行"); };
  ask(&response);
  EXPECT_EQ(ReasonOf(told), "NOT_NOW");
}

TEST(SignalsDeathTest, WaitForSigtermAndSurviveABrokenPipe) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        Signals signals;
        raise(SIGPIPE);
        kill(getpid(), SIGTERM);
        std::exit(signals.Wait() == SIGTERM ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace edudelta::rpc
