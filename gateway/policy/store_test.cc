#include "gateway/policy/store.h"

#include "common/base/error.h"
#include "edudelta/exchange/v1/agreement.pb.h"
#include "gateway/policy/testing.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::policy {
namespace {

using testing::kNow;

exchange::v1::PolicyUpdate Change(std::int64_t version) {
  exchange::v1::PolicyUpdate update;
  update.set_version(version);
  update.set_lease_seconds(10);
  return update;
}

TEST(PolicySnapshot, KnowsWhoseDistrictItIs) {
  auto update = testing::Policy();
  auto* city = update.add_organizations();
  city->set_name("organizations/shanghai");
  city->add_districts("310100");
  const auto snapshot = Apply(std::make_shared<Snapshot>(), update);
  EXPECT_EQ(RegisteredDistrict(*snapshot, "310114"), "310114");
  EXPECT_EQ(RegisteredDistrict(*snapshot, "310199"), "310100");
  EXPECT_EQ(RegisteredDistrict(*snapshot, "440100"), "");
  EXPECT_EQ(RegisteredDistrict(*snapshot, ""), "");
}

TEST(PolicyStore, IsStaleUntilTheFirstSnapshotAndAfterTheLease) {
  testing::FixedClock clock;
  Store store(clock);
  EXPECT_EQ(ReasonOf(store.Fresh().status()), "POLICY_STALE");
  store.Receive(Change(7));
  EXPECT_EQ(ReasonOf(store.Fresh().status()), "POLICY_STALE");
  store.Receive(testing::Policy());
  EXPECT_TRUE(store.Fresh().ok());
  clock.now += absl::Seconds(10) - absl::Nanoseconds(1);
  EXPECT_TRUE(store.Fresh().ok());
  clock.now += absl::Nanoseconds(1);
  EXPECT_EQ(ReasonOf(store.Fresh().status()), "POLICY_STALE");
  EXPECT_EQ(store.Age(), absl::Seconds(10));
  store.Receive(Change(1));
  EXPECT_TRUE(store.Fresh().ok());
}

TEST(PolicyStore, ChangesReplaceByNameAndSnapshotsReplaceAll) {
  testing::FixedClock clock;
  Store store(clock);
  store.Receive(testing::Policy());
  auto change = Change(2);
  *change.add_agreements() = testing::SchoolAgreement("a2");
  store.Receive(change);
  EXPECT_EQ(store.Latest()->agreements.size(), 2u);
  EXPECT_EQ(store.Latest()->by_consumer.at("organizations/kunshan").size(), 2u);
  EXPECT_EQ(store.Latest()->principals.size(), 2u);
  auto fresh = testing::Policy();
  fresh.clear_agreements();
  store.Receive(fresh);
  EXPECT_TRUE(store.Latest()->agreements.empty());
  EXPECT_TRUE(store.Latest()->by_consumer.empty());
}

TEST(PolicyStore, KeepsTheKeysThatAnUpdateLeavesOut) {
  testing::FixedClock clock;
  Store store(clock);
  auto first = testing::Policy();
  first.set_jwks("{}");
  first.set_token_issuer("edudelta");
  store.Receive(first);
  store.Receive(testing::Policy());
  EXPECT_EQ(store.Latest()->jwks, "{}");
  EXPECT_EQ(store.Latest()->token_issuer, "edudelta");
}

TEST(PolicyStore, CutsOnceWhatAnUpdateForbids) {
  testing::FixedClock clock;
  Store store(clock);
  store.Receive(testing::Policy());
  Ask ask;
  ask.principal = testing::kKunshan;
  ask.kind = describe::MethodKind::kExport;
  ask.dataset = "planning.School";
  ask.target = "districts/310114";
  ask.purpose = "ENROLMENT_CHECK";
  ask.now = kNow;
  const Decision decision = Decide(*store.Latest(), ask);
  ASSERT_TRUE(decision.status.ok());
  int cuts = 0;
  {
    Store::RunningDecision running(store, decision, [&](const absl::Status& why) {
      ++cuts;
      EXPECT_EQ(ReasonOf(why), "AGREEMENT_REVOKED");
    });
    auto other = Change(2);
    *other.add_agreements() = testing::SchoolAgreement("other");
    store.Receive(other);
    EXPECT_EQ(cuts, 0);
    auto revoked = Change(3);
    *revoked.add_agreements() = testing::SchoolAgreement();
    revoked.mutable_agreements(0)->set_state(exchange::v1::Agreement::STATE_REVOKED);
    store.Receive(revoked);
    EXPECT_EQ(cuts, 1);
    revoked.set_version(4);
    store.Receive(revoked);
    EXPECT_EQ(cuts, 1);
  }
  store.Receive(Change(5));
  EXPECT_EQ(cuts, 1);
}

}  // namespace
}  // namespace edudelta::gateway::policy
