#include "gateway/http/framing.h"

#include "gtest/gtest.h"

namespace edudelta::gateway::http {
namespace {

std::string ReasonOf(Headers headers, int minor = 1) {
  headers.emplace_back("host", "x");
  const auto refusal = CheckHead({"POST", "/a", std::move(headers), "", ""}, minor);
  return refusal ? std::string(refusal->reason) : "";
}

TEST(HeadScanner, FindsTheEndHoweverTheBytesCome) {
  const std::string head = "GET / HTTP/1.1\r\nHost: x\r\n\r\n", all = head + "GET /next";
  HeadScanner whole(100);
  EXPECT_TRUE(whole.Find(all));
  EXPECT_EQ(whole.end(), head.size());
  HeadScanner bytewise(100);
  for (std::size_t i = 0; i < head.size(); ++i) EXPECT_FALSE(bytewise.Find(all.substr(0, i))) << i;
  EXPECT_TRUE(bytewise.Find(head));
  EXPECT_FALSE(bytewise.refusal().has_value());
}

TEST(HeadScanner, RefusesAsSoonAsItIsSure) {
  const auto reason = [](absl::string_view bytes) {
    HeadScanner scanner(20);
    return scanner.Find(bytes) ? scanner.refusal()->reason : absl::string_view();
  };
  EXPECT_EQ(reason("GET /aaaaaaaaaaaaaaaa"), "TARGET_TOO_LONG");
  EXPECT_EQ(reason("GET /aaaaaaaaaaaaaaa"), "");
  EXPECT_EQ(reason("GET / HT\r\nHost: xxxxxx"), "HEADER_TOO_LARGE");
  EXPECT_EQ(reason("GET / HT\r\nHost: x\r\n\r\n"), "HEADER_TOO_LARGE");
  EXPECT_EQ(reason("GET /\n"), "REQUEST_MALFORMED");
  EXPECT_EQ(reason("GET /\r\n\t"), "REQUEST_MALFORMED");
}

TEST(CheckHead, KnowsOneBodyOnly) {
  EXPECT_EQ(ReasonOf({{"transfer-encoding", "Chunked"}}), "");
  EXPECT_EQ(ReasonOf({{"transfer-encoding", "chunked"}}, 0), "TRANSFER_ENCODING_INVALID");
  EXPECT_EQ(ReasonOf({{"transfer-encoding", "chunked"}, {"content-length", "1"}}), "TRANSFER_ENCODING_INVALID");
  EXPECT_EQ(ReasonOf({{"transfer-encoding", "chunked"}, {"transfer-encoding", "chunked"}}),
            "TRANSFER_ENCODING_INVALID");
  EXPECT_EQ(ReasonOf({{"transfer-encoding", "br"}, {"transfer-encoding", "chunked"}}), "TRANSFER_ENCODING_UNSUPPORTED");
  EXPECT_EQ(ReasonOf({{"content-length", "1, 1"}}), "CONTENT_LENGTH_INVALID");
  EXPECT_EQ(ReasonOf({{"content-length", "1"}, {"content-length", "1"}}), "CONTENT_LENGTH_INVALID");
}

TEST(OriginForm, TakesAbsoluteTargetsApart) {
  EXPECT_EQ(OriginForm("/a?b=https://c/d"), "/a?b=https://c/d");
  EXPECT_EQ(OriginForm("http://h:8/a?b"), "/a?b");
  EXPECT_EQ(OriginForm("https://h"), "/");
  for (const char* bad : {"", "a", "h:443", "http:///a", "http://h?b", "http://h:x/", "http://u@h/", "/a#b"}) {
    EXPECT_FALSE(OriginForm(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace edudelta::gateway::http
