#include "gateway/http/server.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/error.h"
#include "gateway/http/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/counter.h"

namespace edudelta::gateway::http {
namespace {

using testing::Client;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Response Text(std::string body) { return {200, {{"Content-Type", "text/plain"}}, std::move(body)}; }

// Echoes path and body; /hold waits until released or the client is gone; /stream writes until told to end.
class HttpServer : public ::testing::Test {
 protected:
  void Start(ServerOptions options = {}) {
    options.address = "127.0.0.1:0";
    auto server = Server::Start(
        options, [this](std::shared_ptr<Exchange> exchange) { Handle(std::move(exchange)); }, registry_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  void TearDown() override { LetKeptGo(); }

  void Handle(std::shared_ptr<Exchange> exchange) {
    const absl::string_view path = exchange->request().path();
    if (path == "/hold") {
      exchange->OnGone([this] { gone_.set_value(); });
      held_.set_value(exchange);
    } else if (path == "/keep") {
      absl::MutexLock lock(&mutex_);
      kept_.push_back(exchange);
    } else if (path == "/early") {
      exchange->Send(Text("early"));
    } else if (path == "/broken") {
      std::thread([exchange] {
        exchange->Begin(200, {});
        exchange->Write("part");
        exchange->Abort();
      }).detach();
    } else if (path == "/pieces") {
      std::thread([exchange] {
        std::size_t total = 0;
        for (;;) {
          auto piece = exchange->ReadSome();
          if (!piece.ok()) return exchange->Send(Text(ReasonOf(piece.status())));
          if (piece->empty()) break;
          total += piece->size();
        }
        exchange->Begin(200, {});
        exchange->Write("total ");
        exchange->Write(absl::StrCat(total));
        exchange->End();
      }).detach();
    } else {
      exchange->ReadAll(1000, [exchange](absl::StatusOr<std::string> body) {
        exchange->Send(Text(body.ok() ? absl::StrCat(exchange->request().target, " ", *body, ";")
                                      : absl::StrCat(ReasonOf(body.status()), ";")));
      });
    }
  }

  // Until so many requests are being answered at /keep.
  void AwaitKept(std::size_t count) {
    const auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return kept_.size() == count; };
    absl::MutexLock lock(&mutex_, absl::Condition(&there));
  }
  void LetKeptGo() {
    absl::MutexLock lock(&mutex_);
    kept_.clear();
  }
  double Refused(const std::string& reason) {
    return registry_.Counter("edudelta_http_refused_total", "", {{"reason", reason}}).Value();
  }

  metrics::Registry registry_;
  absl::Mutex mutex_;
  std::vector<std::shared_ptr<Exchange>> kept_ ABSL_GUARDED_BY(mutex_);
  std::promise<std::shared_ptr<Exchange>> held_;
  std::promise<void> gone_;
  std::unique_ptr<Server> server_;
};

TEST_F(HttpServer, KeepsTheConnectionAndAnswersInOrder) {
  Start();
  Client client(server_->port());
  client.Send("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\nPOST /d HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  const std::string first = client.ReadUntil(";");
  EXPECT_THAT(first, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(first, EndsWith("/a?b=c ;"));
  EXPECT_THAT(client.ReadUntil(";"), EndsWith("/d hello;"));
  client.Send("GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string last = client.ReadAll();
  EXPECT_THAT(last, HasSubstr("Connection: close"));
  EXPECT_THAT(last, EndsWith("/last ;"));
}

TEST_F(HttpServer, ReadsChunkedBodies) {
  Start();
  Client client(server_->port());
  client.Send("POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_THAT(client.ReadUntil(";"), EndsWith("/c abcde;"));
}

TEST_F(HttpServer, RefusesBigHeads) {
  Start();
  Client client(server_->port());
  client.Send(absl::StrCat("GET / HTTP/1.1\r\nHost: x\r\nX-Big: ", std::string(20000, 'a'), "\r\n\r\n"));
  const std::string answer = client.ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(answer, HasSubstr("HEADER_TOO_LARGE"));
}

TEST_F(HttpServer, RefusesWhatIsNotHttp) {
  Start();
  Client client(server_->port());
  client.Send("hello there, server\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 400 "));
}

TEST_F(HttpServer, RefusesBodiesOverTheLimitEvenWhenTheyHideTheirLength) {
  Start();
  Client told(server_->port());
  told.Send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_THAT(told.ReadUntil(";"), EndsWith("BODY_TOO_LARGE;"));
  Client chunked(server_->port());
  chunked.Send(absl::StrCat("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n",
                            std::string(1001, 'a'), "\r\n0\r\n\r\n"));
  EXPECT_THAT(chunked.ReadUntil(";"), EndsWith("BODY_TOO_LARGE;"));
}

TEST_F(HttpServer, AnswersBeforeTheBodyWithoutResettingTheClient) {
  Start();
  Client client(server_->port());
  ASSERT_TRUE(client.Send("POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n"));
  client.Send(std::string(3000000, 'a'));
  EXPECT_THAT(client.ReadAll(), EndsWith("early"));
}

TEST_F(HttpServer, StreamsBothWays) {
  Start();
  Client client(server_->port());
  client.Send("POST /pieces HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send(std::string(300000, 'a'));
  EXPECT_THAT(client.ReadUntil("0\r\n\r\n"), HasSubstr("6\r\ntotal \r\n6\r\n300000\r\n"));
  client.Send("GET /again HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.ReadUntil(";"), EndsWith("/again ;"));
}

TEST_F(HttpServer, ABrokenStreamHasNoEnd) {
  Start();
  Client client(server_->port());
  client.Send("GET /broken HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), ::testing::Not(HasSubstr("0\r\n\r\n")));
}

TEST_F(HttpServer, GivesUpOnSlowBodies) {
  ServerOptions options;
  options.body_timeout = absl::Milliseconds(50);
  Start(options);
  Client client(server_->port());
  client.Send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_THAT(client.ReadUntil(";"), EndsWith("BODY_TIMEOUT;"));
  Client piecewise(server_->port());
  piecewise.Send("POST /pieces HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_THAT(piecewise.ReadUntil("BODY_TIMEOUT"), EndsWith("BODY_TIMEOUT"));
}

TEST_F(HttpServer, GivesUpOnSlowHeadsAndIdleClients) {
  ServerOptions options;
  options.header_timeout = absl::Milliseconds(50);
  options.idle_timeout = absl::Milliseconds(50);
  Start(options);
  Client slow(server_->port());
  slow.Send("GET / HT");
  EXPECT_THAT(slow.ReadAll(), AllOf(StartsWith("HTTP/1.1 408 "), HasSubstr("HEADER_TIMEOUT")));
  Client idle(server_->port());
  EXPECT_EQ(idle.ReadAll(), "");
}

TEST_F(HttpServer, TellsWhenTheClientLeaves) {
  Start();
  Client client(server_->port());
  client.Send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
  auto exchange = held_.get_future().get();
  client.Close();
  gone_.get_future().wait();
  exchange->Send(Text("too late"));
}

constexpr char kKeep[] = "GET /keep HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr char kAsk[] = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

TEST_F(HttpServer, RefusesMoreConnectionsThanItCanAnswer) {
  ServerOptions options;
  options.max_connections = options.max_connections_per_address = 2;
  Start(options);
  Client first(server_->port()), second(server_->port());
  first.Send(kKeep);
  second.Send(kKeep);
  AwaitKept(2);
  Client third(server_->port(), "127.0.0.2");
  third.Send(kAsk);
  EXPECT_THAT(third.ReadAll(), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("\"CONNECTION_LIMIT\"")));
  EXPECT_EQ(Refused("CONNECTION_LIMIT"), 1);
  LetKeptGo();
}

TEST_F(HttpServer, GivesOneAddressNoMoreThanItsShare) {
  ServerOptions options;
  options.max_connections = 4;
  Start(options);
  Client first(server_->port()), second(server_->port());
  first.Send(kKeep);
  second.Send(kKeep);
  AwaitKept(2);
  Client third(server_->port());
  third.Send(kAsk);
  EXPECT_THAT(third.ReadAll(), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("\"ADDRESS_CONNECTION_LIMIT\"")));
  EXPECT_EQ(Refused("ADDRESS_CONNECTION_LIMIT"), 1);
  Client other(server_->port(), "127.0.0.2");
  other.Send(kAsk);
  EXPECT_THAT(other.ReadUntil(";"), EndsWith("/a ;"));
  LetKeptGo();
}

TEST_F(HttpServer, WhoIsRefusedKeepsNobodyOut) {
  ServerOptions options;
  options.max_connections = 4;
  options.idle_timeout = options.header_timeout = absl::Hours(1);
  Start(options);
  Client first(server_->port()), second(server_->port());
  first.Send(kKeep);
  second.Send(kKeep);
  AwaitKept(2);
  std::vector<std::unique_ptr<Client>> refused;
  for (int i = 0; i < 300; ++i) {
    refused.push_back(std::make_unique<Client>(server_->port()));
    if (i % 2 == 0) refused.back()->Send("GET / HT");
  }
  Client other(server_->port(), "127.0.0.2");
  other.Send(kAsk);
  EXPECT_THAT(other.ReadUntil(";"), EndsWith("/a ;"));
  for (const auto& client : refused) client->ReadAll();
  refused.clear();
  // Dropped without a word until the first of them has ended.
  for (std::string answer; !absl::StrContains(answer, "ADDRESS_CONNECTION_LIMIT");) {
    Client again(server_->port());
    again.Send(kAsk);
    answer = again.ReadAll();
  }
  LetKeptGo();
}

TEST_F(HttpServer, SilenceKeepsNobodyOut) {
  ServerOptions options;
  options.max_connections = 4;
  Start(options);
  Client busy(server_->port());
  busy.Send(kKeep);
  AwaitKept(1);
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 20; ++i) {
    silent.push_back(std::make_unique<Client>(server_->port(), i % 2 == 0 ? "127.0.0.1" : "127.0.0.3"));
    if (i % 3 == 0) silent.back()->Send("GET / HT");
    if (i % 3 == 1) silent.back()->Send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n");
  }
  for (const char* from : {"127.0.0.1", "127.0.0.2"}) {
    Client client(server_->port(), from);
    client.Send(kAsk);
    EXPECT_THAT(client.ReadUntil(";"), EndsWith("/a ;")) << from;
  }
  {
    absl::MutexLock lock(&mutex_);
    kept_.front()->Send(Text("kept;"));
  }
  EXPECT_THAT(busy.ReadUntil(";"), EndsWith("kept;"));
}

TEST_F(HttpServer, ConnectionsThatAreUsedOnceLeaveNothing) {
  ServerOptions options;
  options.max_connections = options.max_connections_per_address = 64;
  Start(options);
  for (int i = 0; i < 500; ++i) {
    Client client(server_->port());
    client.Send("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    ASSERT_THAT(client.ReadAll(), EndsWith("/a ;")) << i;
  }
  EXPECT_EQ(registry_.Counter("edudelta_http_connections_evicted_total", "").Value(), 0);
}

TEST_F(HttpServer, HasADescriptorForEachConnection) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 64;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  ServerOptions options;
  options.max_connections = options.max_connections_per_address = 100;
  Start(options);
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 120; ++i) silent.push_back(std::make_unique<Client>(server_->port()));
  Client client(server_->port());
  client.Send(kAsk);
  EXPECT_THAT(client.ReadUntil(";"), EndsWith("/a ;"));
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  options.max_connections = 1 << 30;
  EXPECT_EQ(Server::Start(
                options, [](auto) {}, registry_)
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

std::size_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST_F(HttpServer, HoldsLittleOfAMessageWithoutEnd) {
  Start();
  const std::string post = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::pair<std::string, std::string> parts[] = {
      {"", "\r\n"},
      {"", "G"},
      {"GET /", "a"},
      {"GET / HTTP/1.1\r\n", "a"},
      {"GET / HTTP/1.1\r\nHost: ", "x"},
      {"GET / HTTP/1.1\r\n", "a:\r\n"},
      {post, "0"},
      {post + "1", ";a"},
      {post + "1;a=", "b"},
      {post + "1;a=\"", "b"},
      {post + "0;a=", "b"},
      {post + "0\r\n", "a"},
      {post + "0\r\na: ", "b"},
      {post + "0\r\n", "a:\r\n"},
      {post, "1;abcdefgh\r\na\r\n"},
  };
  for (const auto& [begin, endless] : parts) {
    std::string piece;
    while (piece.size() < 64 << 10) piece += endless;
    const std::size_t before = ResidentBytes();
    Client client(server_->port());
    client.Send(begin);
    for (int i = 0; i < 512 && client.Send(piece); ++i) {
    }
    EXPECT_LT(ResidentBytes(), before + (4 << 20)) << begin << endless;
  }
}

TEST_F(HttpServer, DrainsWithoutAFailedRequest) {
  Start();
  Client busy(server_->port());
  busy.Send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
  auto exchange = held_.get_future().get();
  Client idle(server_->port());
  idle.Send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  idle.ReadUntil(";");
  std::thread drain([this] { server_->Drain(absl::Seconds(20)); });
  while (Client(server_->port()).connected()) std::this_thread::yield();
  // Each is answered; the first one after this connection has heard of the drain is its last.
  std::string answer;
  do {
    idle.Send("GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
    answer = idle.ReadUntil(";");
  } while (absl::EndsWith(answer, "/b ;") && !absl::StrContains(answer, "Connection: close"));
  EXPECT_THAT(answer, EndsWith("/b ;"));
  EXPECT_EQ(idle.ReadAll(), "");
  exchange->Send(Text("held"));
  exchange.reset();
  EXPECT_THAT(busy.ReadAll(), EndsWith("held"));
  drain.join();
}

}  // namespace
}  // namespace edudelta::gateway::http
