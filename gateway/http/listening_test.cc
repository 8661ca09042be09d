// What another process handed over, and who comes through a proxy.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "gateway/http/server.h"
#include "gateway/http/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::http {
namespace {

using ::testing::HasSubstr;

void TellWho(const std::shared_ptr<Exchange>& exchange) {
  exchange->Send({200, {}, absl::StrCat("peer ", exchange->request().peer, ", as ", exchange->request().share, ";")});
}

int Listening() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  EXPECT_EQ(::listen(fd, 16), 0);
  return fd;
}

// As systemd does it: two processes share the socket and end one after the other.
TEST(Listening, IsTakenOverAndShared) {
  metrics::Registry registry;
  const int kept = Listening();
  for (int turn = 0; turn < 2; ++turn) {
    ServerOptions options;
    options.listening = ::dup(kept);
    auto server = Server::Start(options, TellWho, registry);
    ASSERT_TRUE(server.ok()) << server.status();
    testing::Client client((*server)->port());
    client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.ReadUntil(";"), HasSubstr("peer 127.0.0.1"));
  }
  ::close(kept);
}

TEST(Listening, IsRefusedForWhatIsNoSocket) {
  metrics::Registry registry;
  ServerOptions options;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  options.listening = ends[0];
  EXPECT_TRUE(absl::IsInvalidArgument(Server::Start(options, TellWho, registry).status()));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Proxy, ThatIsTrustedTellsTheClient) {
  metrics::Registry registry;
  ServerOptions options;
  options.address = "127.0.0.1:0";
  // Of one client no more than one connection; those of a proxy are many clients'.
  options.max_connections_per_address = 1;
  for (const bool trusted : {true, false}) {
    options.proxies = trusted ? *TrustedProxies::Parse({"127.0.0.0/8"}) : TrustedProxies();
    auto server = Server::Start(options, TellWho, registry);
    ASSERT_TRUE(server.ok()) << server.status();
    testing::Client client((*server)->port());
    client.Send("GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.1, 2001:db8::7\r\n\r\n");
    EXPECT_THAT(client.ReadUntil(";"),
                HasSubstr(trusted ? "peer 2001:db8::7, as 2001:db8::" : "peer 127.0.0.1, as 127.0.0.1"));
    if (!trusted) continue;
    testing::Client other((*server)->port());
    other.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(other.ReadUntil(";"), HasSubstr("peer 127.0.0.1"));
    client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.ReadUntil(";"), HasSubstr("peer 127.0.0.1"));
  }
}

}  // namespace
}  // namespace edudelta::gateway::http
