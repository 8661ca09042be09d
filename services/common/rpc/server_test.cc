#include "common/rpc/server.h"

#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <thread>

#include "absl/synchronization/notification.h"
#include "common/base/error.h"
#include "common/rpc/probe.h"
#include "common/rpc/signals.h"
#include "common/rpc/test_service.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
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
    return {.cert = folder + "/" + name + ".pem", .key = folder + "/" + name + ".key", .ca = folder + "/ca.pem"};
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

// Until `holds`, at most a minute.
void Await(const std::function<bool()>& holds) {
  const absl::Time end = absl::Now() + absl::Minutes(1);
  while (!holds() && absl::Now() < end) absl::SleepFor(absl::Milliseconds(20));
  EXPECT_TRUE(holds());
}

TEST_F(TlsTest, TakesFilesThatWereReplaced) {
  const auto become = [](const std::string& role, const std::string& name) {
    Run("cp " + name + ".key " + role + ".key.new && cp " + name + ".pem " + role + ".pem.new && mv " + role +
        ".key.new " + role + ".key && mv " + role + ".pem.new " + role + ".pem");
    TlsFiles files = Files(role);
    files.reread = absl::Seconds(1);
    return files;
  };
  Frame::Options options;
  options.trusted_names = {"planning"};
  Server::Options server;
  server.address = "127.0.0.1:0";
  server.tls = become("server", "planning");
  server.connection_age = absl::Milliseconds(200);
  Node node(options, server);
  const std::string address = "127.0.0.1:" + std::to_string(node.server->port());
  const TlsFiles client = become("client", "stranger");
  auto channel = Connect({.address = address, .tls = client, .tls_name = "planning"});
  const auto reason = [](grpc::Channel& over) {
    return ReasonOf(Ask(over, Soon(), ServiceCaller("planning")).status());
  };
  EXPECT_EQ(reason(**channel), "PEER_NOT_TRUSTED");
  // The client's: over the channel that it has, as soon as that connects anew.
  become("client", "planning");
  Await([&] { return reason(**channel).empty(); });
  // The server's.
  become("server", "teachers");
  auto other = Connect({.address = address, .tls = client, .tls_name = "teachers"});
  Await([&] { return reason(**other).empty(); });
}

TEST_F(TlsTest, TakesTurnsAmongServersThatServe) {
  Server::Options options;
  options.address = "127.0.0.1:0";
  options.tls = Files("planning");
  Frame::Options frame;
  frame.trusted_names = {"planning"};
  Node one(frame, options), other(frame, options);
  std::atomic<int> ones{0}, others{0};
  one.service->handler = [&](const Call&, const auto&, auto*) { return ++ones, absl::OkStatus(); };
  other.service->handler = [&](const Call&, const auto&, auto*) { return ++others, absl::OkStatus(); };
  const auto port = [](const Node& node) { return std::to_string(node.server->port()); };
  const std::string address = "ipv4:127.0.0.1:" + port(one) + ",127.0.0.1:" + port(other);
  auto channel = Connect({.address = address, .tls = Files("planning"), .tls_name = "planning"});
  ASSERT_TRUE(channel.ok()) << channel.status();
  EXPECT_EQ(ReasonOf(Ask(**channel).status()), "SERVICE_UNAVAILABLE") << "none is SERVING";
  one.server->SetServing(true);
  other.server->SetServing(true);
  Await([&] { return Ask(**channel).ok(); });
  Await([&] { return Ask(**channel).ok() && ones > 0 && others > 0; });
  // One that says no is left alone, and nobody is told.
  other.server->SetServing(false);
  Await([&] {
    const int before = others;
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(Ask(**channel).ok());
    return others == before;
  });
}

TEST_F(TlsTest, SaysWhichFileIsMissing) {
  TlsFiles files = Files("planning");
  files.key.clear();
  EXPECT_THAT(MakeServerCredentials(files).status().ToString(), HasSubstr("key"));
  // Another's.
  files.key = Files("teachers").key;
  EXPECT_THAT(MakeServerCredentials(files).status().ToString(), HasSubstr("key"));
  files = Files("planning");
  files.ca = files.key;
  EXPECT_THAT(MakeChannelCredentials(files).status().ToString(), HasSubstr("CA"));
}

TEST(Connect, SendsNoIdentityAbroadInPlaintext) {
  EXPECT_EQ(Connect({.address = "10.0.0.7:7000"}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Connect, SendsNoIdentityAbroadToAnyOfSeveral) {
  EXPECT_EQ(Connect({.address = "ipv4:127.0.0.1:7000,10.0.0.7:7000"}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Connect({.address = "dns:///planning:7443"}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(AskHealth, TellsLiveFromReady) {
  Node node;
  const std::string address = "unix:" + node.socket;
  EXPECT_TRUE(AskHealth(address, edudelta::Health::kLive).ok());
  EXPECT_TRUE(absl::IsUnavailable(AskHealth(address, edudelta::Health::kReady)));
  node.server->SetServing(true);
  EXPECT_TRUE(AskHealth(address, edudelta::Health::kReady).ok());
  EXPECT_TRUE(absl::IsUnavailable(AskHealth("unix:/nonexistent/s.sock", edudelta::Health::kLive)));
}

TEST(Server, GoesOnTakingCallsWhileItsEndIsTold) {
  Server::Options options;
  options.drain_delay = absl::Seconds(2);
  Node node({}, options);
  node.server->SetServing(true);
  auto channel = node.OverUnix();
  ASSERT_EQ(Health(*channel), "\x08\x01");
  std::thread drain([&] { node.server->Drain(); });
  Await([&] { return Health(*channel) == "\x08\x02"; });
  EXPECT_TRUE(Ask(*channel).ok());
  drain.join();
  EXPECT_FALSE(Ask(*channel).ok());
}

// As when the caller is of the next release.
TEST(Invoke, TakesAMethodThatIsNotServedForOneToCome) {
  Node node;
  google::protobuf::FileDescriptorProto file;
  file.set_name("later.proto");
  file.set_package("edudelta.feed.v1");
  file.add_dependency(ListEventsRequest::descriptor()->file()->name());
  auto* service = file.add_service();
  service->set_name("LaterService");
  auto* method = service->add_method();
  method->set_name("ListEvents");
  method->set_input_type(ListEventsRequest::descriptor()->full_name());
  method->set_output_type(ListEventsResponse::descriptor()->full_name());
  google::protobuf::DescriptorPool pool(google::protobuf::DescriptorPool::generated_pool());
  const auto* later = pool.BuildFile(file);
  ASSERT_NE(later, nullptr);
  Context context(ServiceCaller("planning"), Soon(), "");
  ListEventsResponse response;
  const absl::Status status =
      Invoke(*node.OverUnix(), *later->service(0)->method(0), context, ListEventsRequest(), &response);
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_EQ(ReasonOf(status), "METHOD_NOT_YET_DEPLOYED");
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
