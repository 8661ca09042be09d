// What a connection does between two moments that the server cannot tell apart.
#include "gateway/http/connection.h"

#include <sys/socket.h>

#include <future>
#include <thread>

#include "gateway/http/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class NoSeat final : public Seat {
 public:
  void SetWaiting(bool) override {}
  void CountRefusal(absl::string_view) override {}
};

TEST(HttpConnection, AnswersOnceMoreWhenItsRequestCameBeforeItWasToldToGiveWay) {
  boost::asio::io_context io;
  const auto awake = boost::asio::make_work_guard(io);
  boost::asio::ip::tcp::acceptor door(io, {boost::asio::ip::address_v4::loopback(), 0});
  testing::Client client(door.local_endpoint().port());
  std::promise<std::shared_ptr<Exchange>> asked;
  const Handler handler = [&](std::shared_ptr<Exchange> exchange) { asked.set_value(std::move(exchange)); };
  const ServerOptions options;
  auto connection = MakeConnection(door.accept(boost::asio::make_strand(io)), nullptr, options, handler,
                                   {std::make_unique<NoSeat>(), "127.0.0.1", std::nullopt});
  std::thread thread([&] { io.run(); });
  connection->Start();
  client.Send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  auto exchange = asked.get_future().get();
  connection->GiveWay();
  exchange->Send({200, {}, "answer"});
  exchange.reset();
  const std::string answer = client.ReadUntil("answer");
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("answer"));
  client.Close();
  connection->Break();
  connection.reset();
  io.stop();
  thread.join();
}

}  // namespace
}  // namespace edudelta::gateway::http
