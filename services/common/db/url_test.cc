#include "common/db/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/matchers.h"

namespace edudelta::db {
namespace {

using testing::HasReason;
using testing::IsOk;

TEST(ParseUrl, ReadsHostAndPort) {
  const auto address = ParseUrl("mysql://planning@db.example:3307/edudelta_planning");
  ASSERT_THAT(address, IsOk());
  EXPECT_EQ(address->user, "planning");
  EXPECT_EQ(address->host, "db.example");
  EXPECT_EQ(address->port, 3307);
  EXPECT_EQ(address->schema, "edudelta_planning");
  EXPECT_EQ(address->socket, "");
}

TEST(ParseUrl, ReadsSocketAndDecodes) {
  const auto address = ParseUrl("mysql://a%40b@localhost/s?socket=/run/my%20db/x.sock");
  ASSERT_THAT(address, IsOk());
  EXPECT_EQ(address->user, "a@b");
  EXPECT_EQ(address->port, 3306);
  EXPECT_EQ(address->socket, "/run/my db/x.sock");
}

TEST(ParseUrl, ReadsIpv6) {
  const auto address = ParseUrl("mysql://u@[::1]/s");
  ASSERT_THAT(address, IsOk());
  EXPECT_EQ(address->host, "[::1]");
  EXPECT_EQ(address->port, 3306);
}

TEST(ParseUrl, Refuses) {
  for (const char* url :
       {"", "postgres://u@h/s", "mysql://h/s", "mysql://u:secret@h/s", "mysql://u@h", "mysql://u@h/", "mysql://u@/s",
        "mysql://u@h:0/s", "mysql://u@h:x/s", "mysql://u@h/s?user=x", "mysql://u@h/s%2"}) {
    EXPECT_THAT(ParseUrl(url), HasReason("DATABASE_URL_INVALID")) << url;
  }
}

}  // namespace
}  // namespace edudelta::db
