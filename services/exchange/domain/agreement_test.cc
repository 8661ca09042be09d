#include "exchange/domain/agreement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"

namespace edudelta::exchange::domain {
namespace {

const absl::Time kEnd = absl::FromUnixSeconds(1796054400);

v1::Agreement Agreement() {
  v1::Agreement agreement;
  agreement.set_name("agreements/a");
  agreement.set_provider("organizations/jiading");
  agreement.set_consumer("organizations/kunshan");
  agreement.add_provider_districts("310114");
  agreement.set_content_hash("h");
  agreement.mutable_end_time()->set_seconds(absl::ToUnixSeconds(kEnd));
  return agreement;
}

TEST(MayChangeAgreement, OnlyADraft) {
  for (int state = v1::Agreement::State_MIN + 1; state <= v1::Agreement::State_MAX; ++state) {
    v1::Agreement old = Agreement();
    old.set_state(static_cast<v1::Agreement::State>(state));
    EXPECT_EQ(MayChange(old, old).ok(), state == v1::Agreement::STATE_DRAFT) << state;
  }
}

TEST(CheckTerm, EndsAtTheInstant) {
  EXPECT_TRUE(CheckTerm(Agreement(), kEnd - absl::Nanoseconds(1)).ok());
  EXPECT_EQ(ReasonOf(CheckTerm(Agreement(), kEnd)), "AGREEMENT_ENDED");
  EXPECT_EQ(ReasonOf(MayExpire(Agreement(), kEnd - absl::Nanoseconds(1))), "AGREEMENT_NOT_ENDED");
  EXPECT_TRUE(MayExpire(Agreement(), kEnd).ok());
}

TEST(ActsForParty, TakesTheTwoParties) {
  EXPECT_TRUE(ActsForParty(Agreement(), "organizations/jiading").ok());
  EXPECT_TRUE(ActsForParty(Agreement(), "organizations/kunshan").ok());
  EXPECT_EQ(ReasonOf(ActsForParty(Agreement(), "organizations/operator")), "NOT_A_PARTY");
  EXPECT_EQ(ReasonOf(ActsForParty(v1::Agreement(), "")), "NOT_A_PARTY");
}

TEST(CheckDistricts, AsksThatTheProviderKeepsThem) {
  v1::Organization provider;
  EXPECT_EQ(ReasonOf(CheckDistricts(Agreement(), provider)), "DISTRICT_NOT_PROVIDERS");
  provider.add_districts("310114");
  EXPECT_TRUE(CheckDistricts(Agreement(), provider).ok());
}

TEST(MaySign, TakesTheHashThatWasSeen) {
  EXPECT_TRUE(MaySign(Agreement(), "h").ok());
  EXPECT_EQ(ReasonOf(MaySign(Agreement(), "H")), "CONTENT_HASH_MISMATCH");
  EXPECT_EQ(ReasonOf(MaySign(Agreement(), "")), "CONTENT_HASH_MISMATCH");
  EXPECT_EQ(ReasonOf(MaySign(v1::Agreement(), "")), "CONTENT_HASH_MISMATCH");
}

TEST(MayCountersign, TakesTheOtherParty) {
  v1::Agreement agreement = Agreement();
  AddSignature("organizations/jiading", "organizations/jiading/users/a", kEnd, &agreement);
  ASSERT_EQ(agreement.signatures_size(), 1);
  EXPECT_EQ(agreement.signatures(0).content_hash(), "h");
  EXPECT_EQ(ReasonOf(MayCountersign(agreement, "organizations/jiading")), "SAME_PARTY");
  EXPECT_EQ(ReasonOf(MayCountersign(agreement, "organizations/taicang")), "NOT_A_PARTY");
  EXPECT_TRUE(MayCountersign(agreement, "organizations/kunshan").ok());
}

TEST(MaySupersede, AsksTheSameParties) {
  v1::Agreement next = Agreement();
  EXPECT_EQ(ReasonOf(MaySupersede(next, Agreement())), "SUPERSEDED_OTHER_PARTIES") << "not itself";
  next.set_name("agreements/b");
  EXPECT_TRUE(MaySupersede(next, Agreement()).ok());
  next.set_consumer("organizations/taicang");
  EXPECT_EQ(ReasonOf(MaySupersede(next, Agreement())), "SUPERSEDED_OTHER_PARTIES");
}

TEST(MayBeSuperseded, ByTheCountersignatureOfWhatNamesIt) {
  v1::Agreement old;
  old.set_name("agreements/old");
  v1::Agreement successor;
  successor.set_supersedes("agreements/old");
  successor.set_state(v1::Agreement::STATE_SIGNED_BY_ONE);
  EXPECT_TRUE(MayBeSuperseded(old, successor).ok());
  successor.set_state(v1::Agreement::STATE_ACTIVE);
  EXPECT_EQ(ReasonOf(MayBeSuperseded(old, successor)), "SUCCESSOR_NOT_COUNTERSIGNED") << "it has had its effect";
  successor.set_state(v1::Agreement::STATE_SIGNED_BY_ONE);
  successor.set_supersedes("agreements/another");
  EXPECT_EQ(ReasonOf(MayBeSuperseded(old, successor)), "SUCCESSOR_NOT_COUNTERSIGNED");
}

TEST(MayResume, TakesThePartyThatSuspended) {
  EXPECT_TRUE(MayResume("organizations/jiading", "organizations/jiading/users/a").ok());
  EXPECT_EQ(ReasonOf(MayResume("organizations/kunshan", "organizations/jiading/users/a")), "NOT_SUSPENDING_PARTY");
  EXPECT_EQ(ReasonOf(MayResume("", "services/exchange")), "NOT_SUSPENDING_PARTY");
}

}  // namespace
}  // namespace edudelta::exchange::domain
