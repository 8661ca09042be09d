#include "gateway/forward/refusals.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::forward {
namespace {

using Place = Refusals::Place;

const absl::Time kNow = absl::FromUnixSeconds(1800000000);

Refusals::Entry Refusal(const std::string& principal, const std::string& target) {
  Refusals::Entry entry;
  entry.set_principal(principal);
  entry.set_request_id(absl::StrCat(principal, target, "request"));
  entry.set_target(target);
  entry.set_reason("NO_AGREEMENT");
  entry.set_outcome(exchange::v1::AccessEntry::OUTCOME_DENIED);
  return entry;
}

Place Count(Refusals& refusals, Refusals::Entry entry, absl::Time now = kNow) {
  return refusals.Count(&entry, "310114", now).place;
}

// How many refusals the entries stand for.
std::int64_t Sum(const std::vector<Refusals::Entry>& entries) {
  std::int64_t sum = 0;
  for (const auto& entry : entries) sum += 1 + entry.repeat_count();
  return sum;
}

TEST(Refusals, EqualOnesOfAMinuteAreTwoEntries) {
  Refusals refusals;
  Refusals::Entry first = Refusal("p", "t");
  ASSERT_EQ(refusals.Count(&first, "310114", kNow).place, Place::kFirst);
  EXPECT_EQ(Count(refusals, Refusal("p", "t")), Place::kCounted) << "while the first is on its way";
  refusals.Entered(first, 7);
  for (int i = 0; i < 998; ++i) {
    Refusals::Entry again = Refusal("p", "t");
    again.set_request_id(absl::StrCat(i));
    const auto counted = refusals.Count(&again, "310114", kNow + absl::Milliseconds(i));
    ASSERT_EQ(counted.place, Place::kCounted);
    ASSERT_EQ(counted.sequence, 7);
  }
  EXPECT_TRUE(refusals.TakeEnded(kNow + absl::Seconds(59)).empty());
  const auto ended = refusals.TakeEnded(kNow + absl::Minutes(1));
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].target(), "t");
  EXPECT_EQ(ended[0].reason(), "NO_AGREEMENT");
  EXPECT_NE(ended[0].request_id(), first.request_id());
  EXPECT_EQ(1 + Sum(ended), 1000);
  EXPECT_EQ(Count(refusals, Refusal("p", "t"), kNow + absl::Minutes(1)), Place::kFirst);
}

TEST(Refusals, OneAloneIsOneEntry) {
  Refusals refusals;
  EXPECT_EQ(Count(refusals, Refusal("p", "t")), Place::kFirst);
  EXPECT_TRUE(refusals.TakeEnded(absl::InfiniteFuture()).empty());
}

TEST(Refusals, ManyKindsOfOnePrincipalAreFoldedAndNotAnothers) {
  Refusals refusals;
  int first = 0, counted = 0;
  for (int i = 0; i < 5000; ++i) {
    Refusals::Entry entry = Refusal("stranger", absl::StrCat("districts/", 100000 + i));
    const Place place = refusals.Count(&entry, "310114", kNow).place;
    first += place == Place::kFirst;
    counted += place == Place::kCounted;
    EXPECT_EQ(entry.target().empty(), i >= Refusals::kKinds) << i;
    EXPECT_EQ(entry.reason(), i < Refusals::kKinds ? "NO_AGREEMENT" : "REFUSALS_FOLDED") << i;
  }
  EXPECT_EQ(first, Refusals::kKinds + 1);
  EXPECT_EQ(first + counted, 5000);
  EXPECT_EQ(Count(refusals, Refusal("another", "districts/100000")), Place::kFirst);
  const auto ended = refusals.TakeEnded(absl::InfiniteFuture());
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].principal(), "stranger");
  EXPECT_EQ(Sum(ended), counted);
}

TEST(Refusals, EachDistrictHearsOfWhatIsFolded) {
  Refusals refusals;
  for (int i = 0; i < Refusals::kKinds; ++i) Count(refusals, Refusal("stranger", absl::StrCat("t", i)));
  for (const char* district : {"310114", "310101", ""}) {
    for (int i = 0; i < 3; ++i) {
      Refusals::Entry entry = Refusal("stranger", absl::StrCat(district, "/", i));
      EXPECT_EQ(refusals.Count(&entry, district, kNow).place, i == 0 ? Place::kFirst : Place::kCounted) << district;
      EXPECT_EQ(entry.district(), district);
      EXPECT_EQ(entry.reason(), "REFUSALS_FOLDED");
    }
  }
}

TEST(Refusals, AnotherCaseNumberIsNoOtherKind) {
  Refusals refusals;
  for (int i = 0; i < 100; ++i) {
    Refusals::Entry entry = Refusal("p", "t");
    entry.set_case_number(absl::StrCat(i));
    EXPECT_EQ(Count(refusals, entry), i == 0 ? Place::kFirst : Place::kCounted);
    if (i == 0) refusals.Entered(entry, 7);
  }
  const auto ended = refusals.TakeEnded(absl::InfiniteFuture());
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].case_number(), "") << "it stands for several";
  EXPECT_EQ(Sum(ended), 99);
}

TEST(Refusals, WhatCouldNotBeEnteredIsCountedAndTriedAgain) {
  Refusals refusals;
  const Refusals::Entry first = Refusal("p", "t");
  ASSERT_EQ(Count(refusals, first), Place::kFirst);
  EXPECT_EQ(Count(refusals, first), Place::kCounted);
  EXPECT_EQ(refusals.NotEntered(first, kNow), 0);
  auto ended = refusals.TakeEnded(kNow + absl::Minutes(1));
  EXPECT_EQ(Sum(ended), 2);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(refusals.NotEntered(ended[0], kNow + absl::Minutes(1)), 0);
  EXPECT_EQ(Count(refusals, first, kNow + absl::Minutes(1)), Place::kCounted);
  ended = refusals.TakeEnded(kNow + absl::Minutes(2));
  EXPECT_EQ(Sum(ended), 3);
}

TEST(Refusals, SayWhatFindsNoRoom) {
  Refusals refusals;
  int none = 0;
  Refusals::Entry last;
  for (int i = 0; i < 20000; ++i) {
    last = Refusal(absl::StrCat("p", i), "t");
    none += Count(refusals, last) == Place::kNone;
  }
  EXPECT_EQ(none, 10000);
  last.set_repeat_count(4);
  EXPECT_EQ(refusals.NotEntered(last, kNow), 5);
}

}  // namespace
}  // namespace edudelta::gateway::forward
