#include "gateway/http/proxies.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::http {
namespace {

TEST(TrustedProxies, KnowsAddressesAndNetworks) {
  const auto proxies = TrustedProxies::Parse({"10.0.0.0/8", "192.168.1.7", "fd00::/8"});
  ASSERT_TRUE(proxies.ok()) << proxies.status();
  for (const char* one : {"10.1.2.3", "192.168.1.7", "fd00::1", "::ffff:10.0.0.1"})
    EXPECT_TRUE(proxies->Contains(one)) << one;
  for (const char* one : {"11.0.0.1", "192.168.1.8", "fe80::1", "::ffff:11.0.0.1", "", "x"}) {
    EXPECT_FALSE(proxies->Contains(one)) << one;
  }
  EXPECT_FALSE(TrustedProxies().Contains("127.0.0.1"));
  for (const char* one : {"10.0.0.0/33", "proxy.example", "10.0.0", "", "10.0.0.1/"}) {
    EXPECT_EQ(TrustedProxies::Parse({one}).status().code(), absl::StatusCode::kInvalidArgument) << one;
  }
}

TEST(TrustedProxies, TakesNobodyElsesWord) {
  const auto proxies = TrustedProxies::Parse({"10.0.0.0/8"});
  ASSERT_TRUE(proxies.ok());
  const auto client = [&](const char* peer, std::vector<const char*> said) {
    Headers headers;
    for (const char* one : said) headers.emplace_back("x-forwarded-for", one);
    return proxies->ClientOf(peer, headers);
  };
  EXPECT_EQ(client("10.0.0.1", {"203.0.113.9"}), "203.0.113.9");
  // Only what a proxy has appended counts, whatever the client said before.
  EXPECT_EQ(client("10.0.0.1", {"198.51.100.1, 203.0.113.9"}), "203.0.113.9");
  EXPECT_EQ(client("10.0.0.1", {"198.51.100.1", "203.0.113.9, 10.0.0.2"}), "203.0.113.9");
  EXPECT_EQ(client("203.0.113.9", {"198.51.100.1"}), "203.0.113.9");
  EXPECT_EQ(client("10.0.0.1", {}), "10.0.0.1");
  EXPECT_EQ(client("10.0.0.1", {"unknown"}), "10.0.0.1");
  EXPECT_EQ(client("10.0.0.1", {"2001:db8:0:0::1"}), "2001:db8::1");
}

}  // namespace
}  // namespace edudelta::gateway::http
