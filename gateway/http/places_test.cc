#include "gateway/http/places.h"

#include "gtest/gtest.h"

namespace edudelta::gateway::http {
namespace {

TEST(Places, ACustomerHasAWholePrefix) {
  EXPECT_EQ(ShareOf("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(ShareOf("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(ShareOf("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
  EXPECT_EQ(ShareOf("2001:db8:1:2::"), "2001:db8:1:2::");
  EXPECT_EQ(ShareOf("fe80::1%eth0"), "fe80::");
}

TEST(Places, TheLongestSilentOfTheLargestAddressGivesWay) {
  Places places(4, 3);
  places.Enter(1, "small");
  for (Places::Id id : {2, 3, 4}) EXPECT_FALSE(places.Enter(id, "large").gives_way.has_value());
  places.SetWaiting(2, false);
  EXPECT_EQ(places.Enter(5, "new").gives_way, 3u);
  // Asked since: it waits anew.
  places.SetWaiting(2, true);
  EXPECT_EQ(places.Enter(6, "new").gives_way, 4u);
}

TEST(Places, AnAddressBeyondItsShareTakesFromItself) {
  Places places(10, 2);
  places.Enter(1, "other");
  places.Enter(2, "a");
  places.Enter(3, "a");
  EXPECT_EQ(places.Enter(4, "a").gives_way, 2u);
  places.SetWaiting(3, false);
  places.SetWaiting(4, false);
  EXPECT_EQ(places.Enter(5, "a").refused, Places::Refused::kShare);
  // Who was refused or has given way holds nothing.
  places.Leave(5);
  places.Leave(2);
  EXPECT_EQ(places.Enter(6, "a").refused, Places::Refused::kShare);
  places.Leave(3);
  EXPECT_EQ(places.Enter(7, "a").refused, Places::Refused::kNo);
}

TEST(Places, RefusesWhenAllAreBusy) {
  Places places(2, 2);
  places.Enter(1, "a");
  places.Enter(2, "b");
  places.SetWaiting(1, false);
  places.SetWaiting(2, false);
  EXPECT_EQ(places.Enter(3, "c").refused, Places::Refused::kFull);
}

}  // namespace
}  // namespace edudelta::gateway::http
