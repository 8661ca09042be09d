// RFC 9110 and 9112 through real sockets: each case is bytes and what must come back, and after it a second request on
// the same connection, which must be answered for itself where the connection may stay open, and not at all elsewhere.

#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "gateway/http/server.h"
#include "gateway/http/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::http {
namespace {

using testing::Client;

constexpr char kNext[] = "GET /next HTTP/1.1\r\nHost: x\r\n\r\n";
// 33 bytes, as what a reader that frames the first request otherwise would take for the second.
constexpr char kSmuggled[] = "GET /smuggled HTTP/1.1\r\nHost:x\r\n\r\n";

struct Case {
  std::string name;
  std::string bytes;
  // Of the first answer.
  int status;
  // In the body of a 200, in that of an error its reason.
  std::string says;
  bool stays_open = false;

  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }
};

Case Open(std::string name, std::string bytes, std::string says, int status = 200) {
  return {std::move(name), std::move(bytes), status, std::move(says), true};
}

std::string Get(absl::string_view headers, absl::string_view target = "/a", absl::string_view version = "1.1") {
  return absl::StrCat("GET ", target, " HTTP/", version, "\r\n", headers, "\r\n");
}
std::string Post(absl::string_view headers, absl::string_view body) {
  return absl::StrCat("POST /p HTTP/1.1\r\nHost: x\r\n", headers, "\r\n", body);
}
std::string Chunked(absl::string_view body) { return Post("Transfer-Encoding: chunked\r\n", body); }
// A body that one reader sees and another does not.
Case Coded(std::string value, int status, std::string reason) {
  const std::string headers = absl::StrCat("Host: x\r\nTransfer-Encoding:", value, "\r\n");
  return {absl::StrCat("Transfer-Encoding:", value), Get(headers) + kSmuggled, status, std::move(reason)};
}
Case Framed(std::string headers) { return {headers, Post(headers, absl::StrCat("0\r\n\r\n", kSmuggled)), 400, ""}; }

std::vector<Case> RequestLines() {
  return {
      Open("as it should be", Get("Host: x\r\n"), "GET /a "),
      Open("any token is a method", "FROB /a HTTP/1.1\r\nHost: x\r\n\r\n", "FROB /a "),
      Open("empty lines before", "\r\n\r\n" + Get("Host: x\r\n"), "GET /a "),
      Open("absolute form", Get("Host: x\r\n", "https://example.org:8443/v1/a?b"), "GET /v1/a?b "),
      Open("absolute form, only a host", Get("Host: x\r\n", "HTTP://example.org"), "GET / "),
      Open("absolute form, a literal address", Get("Host: x\r\n", "http://[::1]:80/a"), "GET /a "),
      Open("the server as a whole", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS * "),
      {"absolute form with a user", Get("Host: x\r\n", "http://u@h/a"), 400, "TARGET_INVALID"},
      {"absolute form, another scheme", Get("Host: x\r\n", "ftp://h/a"), 400, "TARGET_INVALID"},
      {"no slash", Get("Host: x\r\n", "a"), 400, "TARGET_INVALID"},
      {"a fragment", Get("Host: x\r\n", "/a#b"), 400, "TARGET_INVALID"},
      {"an asterisk of GET", Get("Host: x\r\n", "*"), 400, "TARGET_INVALID"},
      {"a tunnel", "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", 501, "METHOD_UNSUPPORTED"},
      {"a target that is too long", Get("Host: x\r\n", "/" + std::string(20000, 'a')), 414, "TARGET_TOO_LONG"},
      {"a blank in the target", Get("Host: x\r\n", "/a b"), 400, "REQUEST_MALFORMED"},
      {"two blanks", "GET  /a HTTP/1.1\r\nHost: x\r\n\r\n", 400, "REQUEST_MALFORMED"},
      {"no version", "GET /a\r\nHost: x\r\n\r\n", 400, "REQUEST_MALFORMED"},
      {"another protocol", "hello there, server\r\n\r\n", 400, "REQUEST_MALFORMED"},
      {"HTTP/2", Get("Host: x\r\n", "/a", "2.0"), 505, "VERSION_UNSUPPORTED"},
      {"HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "VERSION_UNSUPPORTED"},
      {"HTTP/0.8", Get("Host: x\r\n", "/a", "0.8"), 505, "VERSION_UNSUPPORTED"},
      {"bare line feeds", "GET /a HTTP/1.1\nHost: x\n\n", 400, "REQUEST_MALFORMED"},
  };
}

std::vector<Case> Fields() {
  const auto fields = [](int count) {
    std::string all = "Host: x\r\n";
    for (int i = 1; i < count; ++i) absl::StrAppend(&all, "X", i, ": y\r\n");
    return all;
  };
  return {
      Open("names without case", Get("hOsT: x\r\n"), "GET /a "),
      Open("an empty value", Get("Host: x\r\nX-A:\r\n"), "GET /a "),
      Open("no blank after the colon", Get("Host:x:80\r\n"), "GET /a "),
      Open("an empty host", Get("Host:\r\n"), "GET /a "),
      Open("a hundred fields", Get(fields(100)), "GET /a "),
      {"more than a hundred fields", Get(fields(101)), 431, "HEADER_TOO_LARGE"},
      {"a big field", Get("Host: x\r\nX-A: " + std::string(20000, 'a') + "\r\n"), 431, "HEADER_TOO_LARGE"},
      {"a field without end", "GET /a HTTP/1.1\r\nX-A: " + std::string(40000, 'a'), 431, "HEADER_TOO_LARGE"},
      {"no host", Get(""), 400, "HOST_INVALID"},
      {"two hosts", Get("Host: x\r\nHost: y\r\n"), 400, "HOST_INVALID"},
      {"the same host twice", Get("Host: x\r\nHost: x\r\n"), 400, "HOST_INVALID"},
      {"a host with a path", Get("Host: x/y\r\n"), 400, "HOST_INVALID"},
      {"a list of hosts", Get("Host: x, y\r\n"), 400, "HOST_INVALID"},
      {"a port that is none", Get("Host: x:http\r\n"), 400, "HOST_INVALID"},
      {"a blank before the colon", Get("Host : x\r\n"), 400, "REQUEST_MALFORMED"},
      {"a blank before the first name", Get(" Host: x\r\n"), 400, "REQUEST_MALFORMED"},
      {"a folded value", Get("Host: x\r\nX-A: b\r\n c\r\n"), 400, "REQUEST_MALFORMED"},
      {"a folded coding", Get("Host: x\r\nTransfer-Encoding:\r\n chunked\r\n") + "0\r\n\r\n", 400, "REQUEST_MALFORMED"},
      {"no name", Get("Host: x\r\n: y\r\n"), 400, "REQUEST_MALFORMED"},
      {"no colon", Get("Host: x\r\nX-A\r\n"), 400, "REQUEST_MALFORMED"},
      {"a bare line feed", Get("Host: x\r\nX-A: b\nX-C: d\r\n"), 400, "REQUEST_MALFORMED"},
      {"a bare carriage return", Get("Host: x\r\nX-A: b\rX-C: d\r\n"), 400, "REQUEST_MALFORMED"},
      {"a zero byte", Get(absl::StrCat("Host: x\r\nX-A: ", std::string(1, '\0'), "\r\n")), 400, "REQUEST_MALFORMED"},
      {"an unknown expectation", Get("Host: x\r\nExpect: x\r\n"), 417, "EXPECTATION_UNSUPPORTED"},
      Open("an expectation of a request without body", Get("Host: x\r\nExpect: 100-continue\r\n"), "GET /a "),
      {"to be closed", Get("Host: x\r\nConnection: close\r\n"), 200, "GET /a "},
      {"to be closed, in a list", Get("Host: x\r\nConnection: x, Close\r\n"), 200, "GET /a "},
  };
}

std::vector<Case> Framings() {
  return {
      Open("a length", Post("Content-Length: 3\r\n", "abc"), "POST /p abc"),
      Open("a length of nothing", Post("Content-Length: 0\r\n", ""), "POST /p "),
      Open("a body of GET", Get("Host: x\r\nContent-Length: 3\r\n") + "abc", "GET /a abc"),
      Open("chunks", Chunked("3\r\nabc\r\n0a\r\n0123456789\r\n0\r\n\r\n"), "POST /p abc0123456789"),
      Open("chunked without case", Post("transfer-encoding: CHUNKED\r\n", "1\r\na\r\n0\r\n\r\n"), "POST /p a"),
      Open("extensions", Chunked("1;a\r\na\r\n1;b=c\r\nb\r\n1;d=\"e f\"\r\nc\r\n0;g\r\n\r\n"), "POST /p abc"),
      Open("trailers", Chunked("1\r\na\r\n0\r\nX-A: b\r\nX-C: d\r\n\r\n"), "POST /p a"),
      Coded(" xchunked", 400, "TRANSFER_ENCODING_INVALID"),
      Coded(" identity", 400, "TRANSFER_ENCODING_INVALID"),
      Coded("", 400, "TRANSFER_ENCODING_INVALID"),
      Coded(" ,", 400, "TRANSFER_ENCODING_INVALID"),
      Coded(" \"chunked\"", 400, "TRANSFER_ENCODING_INVALID"),
      Coded(" chunked, identity", 400, "TRANSFER_ENCODING_INVALID"),
      Coded(" chunked, chunked", 400, "TRANSFER_ENCODING_INVALID"),
      Coded(" chunked;q=1", 400, "TRANSFER_ENCODING_INVALID"),
      Coded(" chunked,", 400, "TRANSFER_ENCODING_INVALID"),
      Coded(" gzip, chunked", 501, "TRANSFER_ENCODING_UNSUPPORTED"),
      Coded(" gzip\r\nTransfer-Encoding: chunked", 501, "TRANSFER_ENCODING_UNSUPPORTED"),
      Coded(" chunked\r\nTransfer-Encoding: chunked", 400, ""),
      Coded(" chunked\r\nTransfer-Encoding: gzip", 400, ""),
      Framed("Transfer-Encoding : chunked\r\n"),
      Framed("Transfer-Encoding:\x0b"
             "chunked\r\n"),
      Framed("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
      Framed("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
      Framed("Content-Length: 5\r\nContent-Length: 6\r\n"),
      Framed("Content-Length: 5\r\nContent-Length: 5\r\n"),
      Framed("Content-Length: 5, 5\r\n"),
      Framed("Content-Length: +5\r\n"),
      Framed("Content-Length: -1\r\n"),
      Framed("Content-Length: 0x5\r\n"),
      Framed("Content-Length: 5 5\r\n"),
      Framed("Content-Length:\r\n"),
      Framed("Content-Length: 99999999999999999999999\r\n"),
      {"a coding in HTTP/1.0",
       Get("Host: x\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n", "/a", "1.0") + "0\r\n\r\n", 400,
       "TRANSFER_ENCODING_INVALID"},
      {"a chunk without size", Chunked("\r\n"), 400, "BODY_MALFORMED"},
      {"a size that is no number", Chunked("x\r\n"), 400, "BODY_MALFORMED"},
      {"a size with a prefix", Chunked("0x1\r\na\r\n0\r\n\r\n"), 400, "BODY_MALFORMED"},
      {"a size with a sign", Chunked("-1\r\na\r\n0\r\n\r\n"), 400, "BODY_MALFORMED"},
      {"a size beyond all", Chunked("fffffffffffffffff\r\n"), 400, "BODY_MALFORMED"},
      {"a chunk longer than its size", Chunked("1\r\nab\r\n0\r\n\r\n"), 400, "BODY_MALFORMED"},
      {"a size ended by a line feed", Chunked("1\na\r\n0\r\n\r\n"), 400, "BODY_MALFORMED"},
      {"a line feed in an extension", Chunked("1;a=\"\n\"\r\na\r\n0\r\n\r\n"), 400, "BODY_MALFORMED"},
      {"a trailer that frames", Chunked("0\r\nContent-Length: 5\r\n\r\n"), 400, "BODY_MALFORMED"},
      {"a trailer without name", Chunked("0\r\n: x\r\n\r\n"), 400, "BODY_MALFORMED"},
      {"a body beyond the limit", Post("Content-Length: 1001\r\n", ""), 413, "BODY_TOO_LARGE"},
      {"chunks beyond the limit", Chunked("10000\r\n" + std::string(65536, 'a') + "\r\n0\r\n\r\n"), 413,
       "BODY_TOO_LARGE"},
      {"a body beyond all limits", Post("Content-Length: 1000000000000\r\n", ""), 413, "BODY_TOO_LARGE"},
  };
}

std::vector<Case> Answers() {
  return {
      Open("HEAD", "HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n", ""),
      Open("HEAD of a stream", "HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n", ""),
      Open("HEAD of an error", "HEAD /missing HTTP/1.1\r\nHost: x\r\n\r\n", "", 404),
      {"HEAD of a broken request", "HEAD /a HTTP/1.1\r\n\r\n", 400, ""},
      Open("a stream", Get("Host: x\r\n", "/stream"), "piece"),
      Open("no content", Get("Host: x\r\n", "/empty"), "", 204),
      Open("an error", Get("Host: x\r\n", "/missing"), "ROUTE_UNKNOWN", 404),
      {"an answer before the body",
       absl::StrCat("POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: ", sizeof(kNext) - 1, "\r\n\r\n"), 200,
       "early"},
      {"HTTP/1.0", Get("", "/a", "1.0"), 200, "GET /a "},
      Open("HTTP/1.0 that stays", Get("Connection: keep-alive\r\n", "/a", "1.0"), "GET /a "),
      {"an expectation of HTTP/1.0", Get("Expect: x\r\n", "/a", "1.0"), 200, "GET /a "},
  };
}

// What came back for one request.
struct Answer {
  int status = 0;
  std::string head;
  std::string body;
};

Answer ReadAnswer(Client& client, bool of_head) {
  Answer answer;
  answer.head = client.ReadUntil("\r\n\r\n");
  if (answer.head.size() < 12) return answer;
  (void)absl::SimpleAtoi(answer.head.substr(9, 3), &answer.status);
  if (of_head || answer.status == 204) return answer;
  if (absl::StrContains(answer.head, "Transfer-Encoding: chunked\r\n")) {
    answer.body = client.ReadUntil("0\r\n\r\n");
  } else {
    const auto at = answer.head.find("Content-Length: ");
    const std::vector<std::string> rest = absl::StrSplit(answer.head.substr(at + 16), "\r\n");
    std::size_t length = 0;
    if (at != std::string::npos && absl::SimpleAtoi(rest.front(), &length)) answer.body = client.Read(length);
  }
  return answer;
}

class Conformance : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    ServerOptions options;
    options.address = "127.0.0.1:0";
    options.max_connections = 64;
    server_ = Server::Start(options, &Handle, registry_).value();
  }

  // Tells the method, the target and the body.
  static void Handle(std::shared_ptr<Exchange> exchange) {
    const absl::string_view path = exchange->request().path();
    const auto answer = [exchange](std::string body) { exchange->Send({200, {}, std::move(body)}); };
    if (path == "/missing") return exchange->Send(PlainError({404, "ROUTE_UNKNOWN", "没有这个地址"}));
    if (path == "/empty") return exchange->Send({204, {}, ""});
    if (path == "/early") return answer("early");
    if (path == "/stream") {
      std::thread([exchange] {
        exchange->Begin(200, {});
        exchange->Write("piece");
        exchange->End();
      }).detach();
      return;
    }
    exchange->ReadAll(1000, [exchange, answer](absl::StatusOr<std::string> body) {
      if (body.ok()) {
        return answer(absl::StrCat(exchange->request().method, " ", exchange->request().target, " ", *body));
      }
      const std::string reason = ReasonOf(body.status());
      exchange->Send(PlainError({reason == "BODY_TOO_LARGE" ? 413 : 400, reason, ""}));
    });
  }

  metrics::Registry registry_;
  std::unique_ptr<Server> server_;
};

TEST_P(Conformance, Answers) {
  const Case& c = GetParam();
  const bool of_head = absl::StrContains(c.bytes, "HEAD /");
  // In one piece, and byte by byte.
  for (const std::size_t step : {c.bytes.size(), std::size_t{1}}) {
    if (step == 1 && c.bytes.size() > 1000) continue;
    Client client(server_->port());
    const std::string bytes = c.bytes + kNext;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      if (!client.Send(absl::string_view(bytes).substr(at, step))) break;
    }
    const Answer first = ReadAnswer(client, of_head);
    EXPECT_EQ(first.status, c.status) << first.head;
    EXPECT_THAT(first.head, ::testing::ContainsRegex("\r\nDate: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} "));
    EXPECT_THAT(first.body, ::testing::HasSubstr(c.says));
    EXPECT_EQ(absl::StrContains(first.head, "Connection: close"), !c.stays_open) << first.head;
    if (c.stays_open) {
      EXPECT_EQ(ReadAnswer(client, false).body, "GET /next ");
    } else {
      EXPECT_EQ(client.ReadAll(), "");
    }
  }
}

std::string Named(const ::testing::TestParamInfo<Case>& info) { return absl::StrCat(info.index); }

INSTANTIATE_TEST_SUITE_P(RequestLine, Conformance, ::testing::ValuesIn(RequestLines()), Named);
INSTANTIATE_TEST_SUITE_P(Field, Conformance, ::testing::ValuesIn(Fields()), Named);
INSTANTIATE_TEST_SUITE_P(Framing, Conformance, ::testing::ValuesIn(Framings()), Named);
INSTANTIATE_TEST_SUITE_P(Answer, Conformance, ::testing::ValuesIn(Answers()), Named);

}  // namespace
}  // namespace edudelta::gateway::http
