#include "gateway/policy/decide.h"

#include "common/base/error.h"
#include "edudelta/exchange/v1/agreement.pb.h"
#include "gateway/policy/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::policy {
namespace {

using describe::MethodKind;
using exchange::v1::Agreement;
using exchange::v1::PolicyUpdate;
using ::testing::ElementsAre;
using testing::kJiading;
using testing::kKunshan;
using testing::kNow;
using testing::SnapshotOf;

Ask SchoolList(const std::string& principal) {
  Ask ask;
  ask.principal = principal;
  ask.kind = MethodKind::kList;
  ask.pattern = "districts/{district}/schools/{school}";
  ask.dataset = "planning.School";
  ask.target = "districts/310114";
  ask.purpose = "ENROLMENT_CHECK";
  ask.now = kNow;
  return ask;
}

std::string Reason(const PolicyUpdate& policy, const Ask& ask) {
  return ReasonOf(Decide(*SnapshotOf(policy), ask).status);
}

// Whoever has a role at the nation is no partner of anybody.
TEST(Decide, TheNationHoldsEverywhere) {
  PolicyUpdate policy = testing::Policy();
  for (auto& principal : *policy.mutable_principals()) {
    for (auto& binding : *principal.mutable_bindings()) binding.set_prefix("districts/000000");
  }
  Ask ask = SchoolList(kJiading);
  ask.target = "districts/320583";
  const Decision decision = Decide(*SnapshotOf(policy), ask);
  EXPECT_TRUE(decision.status.ok());
  EXPECT_FALSE(decision.partner());
}

TEST(Decide, PassesOwnCallersOnWithTheirRoles) {
  const Decision decision = Decide(*SnapshotOf(testing::Policy()), SchoolList(kJiading));
  EXPECT_TRUE(decision.status.ok());
  EXPECT_FALSE(decision.partner());
  EXPECT_FALSE(decision.caller.has_scope());
  EXPECT_EQ(decision.caller.kind(), call::v1::Caller::KIND_USER);
  ASSERT_EQ(decision.caller.bindings_size(), 1);
  EXPECT_EQ(decision.caller.bindings(0).prefix(), "districts/310114");
}

TEST(Decide, ScopesAPartnerToItsAgreement) {
  const Decision decision = Decide(*SnapshotOf(testing::Policy()), SchoolList(kKunshan));
  ASSERT_TRUE(decision.status.ok()) << decision.status;
  EXPECT_TRUE(decision.partner());
  EXPECT_EQ(decision.district, "310114");
  EXPECT_EQ(decision.caller.kind(), call::v1::Caller::KIND_CLIENT);
  EXPECT_EQ(decision.caller.bindings_size(), 0);
  const auto& scope = decision.caller.scope();
  EXPECT_EQ(scope.agreement(), "agreements/a1");
  EXPECT_EQ(scope.agreement_hash(), std::string("\x00\xff", 2));
  EXPECT_EQ(scope.dataset(), "planning.School");
  EXPECT_THAT(scope.fields(), ElementsAre("display_name"));
  EXPECT_EQ(scope.row_filter(), "kind = 211");
  EXPECT_THAT(scope.districts(), ElementsAre("310114"));
}

TEST(Decide, ARoleInAnotherDistrictIsNoAgreement) {
  auto policy = testing::Policy();
  testing::Bind(policy.mutable_principals(0), options::v1::ROLE_BUREAU_CLERK, "districts/320583");
  EXPECT_TRUE(Decide(*SnapshotOf(policy), SchoolList(kKunshan)).partner());
  testing::Bind(policy.mutable_principals(0), options::v1::ROLE_SUPERVISOR, "districts/310000");
  EXPECT_FALSE(Decide(*SnapshotOf(policy), SchoolList(kKunshan)).partner());
}

TEST(Decide, ACityOwnsItsDistricts) {
  auto policy = testing::Policy();
  policy.mutable_organizations(1)->set_districts(0, "310000");
  EXPECT_FALSE(Decide(*SnapshotOf(policy), SchoolList(kKunshan)).partner());
}

TEST(Decide, TurnsAwayUnknownAndDisabledAccounts) {
  auto policy = testing::Policy();
  EXPECT_EQ(Reason(policy, SchoolList("organizations/x/users/y")), "ACCOUNT_DISABLED");
  policy.mutable_principals(1)->set_state(exchange::v1::ACCOUNT_STATE_DISABLED);
  EXPECT_EQ(Reason(policy, SchoolList(kJiading)), "ACCOUNT_DISABLED");
}

TEST(Decide, SharesReadsOnly) {
  for (const auto kind : {MethodKind::kCreate, MethodKind::kUpdate, MethodKind::kDelete, MethodKind::kBatchCreate,
                          MethodKind::kImport, MethodKind::kTransition}) {
    Ask ask = SchoolList(kKunshan);
    ask.kind = kind;
    EXPECT_EQ(Reason(testing::Policy(), ask), "METHOD_NOT_SHARED") << describe::ToString(kind);
  }
  for (const auto kind : {MethodKind::kGet, MethodKind::kSearch, MethodKind::kExport}) {
    Ask ask = SchoolList(kKunshan);
    ask.kind = kind;
    EXPECT_EQ(Reason(testing::Policy(), ask), "") << describe::ToString(kind);
  }
  Ask custom = SchoolList(kKunshan);
  custom.kind = MethodKind::kCustom;
  EXPECT_EQ(Reason(testing::Policy(), custom), "");
  custom.dataset = "";
  EXPECT_EQ(Reason(testing::Policy(), custom), "METHOD_NOT_SHARED");
}

TEST(Decide, AWildcardForDistrictsIsForThoseWhoHoldThemAll) {
  Ask ask = SchoolList(kKunshan);
  ask.target = "districts/-";
  EXPECT_EQ(Reason(testing::Policy(), ask), "METHOD_NOT_SHARED");
  ask.principal = kJiading;
  EXPECT_EQ(Reason(testing::Policy(), ask), "METHOD_NOT_SHARED");
  auto policy = testing::Policy();
  testing::Bind(policy.mutable_principals(1), options::v1::ROLE_AUDITOR, "*");
  EXPECT_EQ(Reason(policy, ask), "");
}

TEST(Decide, WhatIsBelowNoDistrictIsForTheServiceToDecide) {
  Ask ask = SchoolList(kKunshan);
  ask.purpose = "";
  ask.target = "";
  EXPECT_EQ(Reason(testing::Policy(), ask), "");
  ask.target = "agreements/a1";
  EXPECT_EQ(Reason(testing::Policy(), ask), "");
  ask.target = "districts/310114";
  ask.kind = MethodKind::kGet;
  ask.pattern = "districts/{district}";
  ask.dataset = "planning.District";
  EXPECT_EQ(Reason(testing::Policy(), ask), "");
}

TEST(Decide, NamesWhatIsMissing) {
  Ask ask = SchoolList(kKunshan);
  ask.purpose = "";
  EXPECT_EQ(Reason(testing::Policy(), ask), "PURPOSE_REQUIRED");
  ask.purpose = "CURIOSITY";
  EXPECT_EQ(Reason(testing::Policy(), ask), "PURPOSE_NOT_ALLOWED");
  ask = SchoolList(kKunshan);
  ask.dataset = "teachers.Teacher";
  EXPECT_EQ(Reason(testing::Policy(), ask), "NO_AGREEMENT");
  ask = SchoolList(kKunshan);
  ask.target = "districts/330483";
  EXPECT_EQ(Reason(testing::Policy(), ask), "NO_AGREEMENT");
  auto policy = testing::Policy();
  policy.mutable_agreements(0)->mutable_content()->set_case_number_required(true);
  EXPECT_EQ(Reason(policy, SchoolList(kKunshan)), "CASE_NUMBER_REQUIRED");
  ask = SchoolList(kKunshan);
  ask.case_number = "2026-1";
  EXPECT_EQ(Reason(policy, ask), "");
}

TEST(Decide, NamesTheStateOfTheAgreement) {
  const std::pair<Agreement::State, std::string> cases[] = {{Agreement::STATE_DRAFT, "NO_AGREEMENT"},
                                                            {Agreement::STATE_PROPOSED, "NO_AGREEMENT"},
                                                            {Agreement::STATE_SIGNED_BY_ONE, "NO_AGREEMENT"},
                                                            {Agreement::STATE_SUPERSEDED, "NO_AGREEMENT"},
                                                            {Agreement::STATE_SUSPENDED, "AGREEMENT_SUSPENDED"},
                                                            {Agreement::STATE_REVOKED, "AGREEMENT_REVOKED"},
                                                            {Agreement::STATE_EXPIRED, "AGREEMENT_EXPIRED"}};
  for (const auto& [state, reason] : cases) {
    auto policy = testing::Policy();
    policy.mutable_agreements(0)->set_state(state);
    EXPECT_EQ(Reason(policy, SchoolList(kKunshan)), reason) << Agreement::State_Name(state);
  }
}

TEST(Decide, HoldsToTheAgreedTimesToTheSecond) {
  Ask ask = SchoolList(kKunshan);
  ask.now = kNow + absl::Hours(24) - absl::Nanoseconds(1);
  EXPECT_EQ(Reason(testing::Policy(), ask), "");
  ask.now = kNow + absl::Hours(24);
  EXPECT_EQ(Reason(testing::Policy(), ask), "AGREEMENT_EXPIRED");
  ask.now = kNow - absl::Hours(24);
  EXPECT_EQ(Reason(testing::Policy(), ask), "");
  ask.now -= absl::Nanoseconds(1);
  EXPECT_EQ(Reason(testing::Policy(), ask), "AGREEMENT_NOT_YET_VALID");
}

TEST(Decide, AnyAgreementThatPermitsIsEnough) {
  auto policy = testing::Policy();
  policy.mutable_agreements(0)->set_state(Agreement::STATE_REVOKED);
  auto second = testing::SchoolAgreement("a2");
  second.mutable_content()->set_purposes(0, "OTHER");
  *policy.add_agreements() = second;
  EXPECT_EQ(Reason(policy, SchoolList(kKunshan)), "PURPOSE_NOT_ALLOWED");
  *policy.add_agreements() = testing::SchoolAgreement("a3");
  EXPECT_EQ(Decide(*SnapshotOf(policy), SchoolList(kKunshan)).caller.scope().agreement(), "agreements/a3");
}

TEST(Decide, OtherWaysOfDeliveryAreNoQueries) {
  auto policy = testing::Policy();
  policy.mutable_agreements(0)->mutable_content()->set_delivery(Agreement::DELIVERY_FEED);
  EXPECT_EQ(Reason(policy, SchoolList(kKunshan)), "METHOD_NOT_SHARED");
}

TEST(StillHolds, EndsWithAccountAgreementContentAndTime) {
  const Decision decision = Decide(*SnapshotOf(testing::Policy()), SchoolList(kKunshan));
  EXPECT_TRUE(StillHolds(*SnapshotOf(testing::Policy()), decision, kNow).ok());
  EXPECT_EQ(ReasonOf(StillHolds(*SnapshotOf(testing::Policy()), decision, kNow + absl::Hours(24))),
            "AGREEMENT_EXPIRED");
  auto policy = testing::Policy();
  policy.mutable_agreements(0)->set_state(Agreement::STATE_REVOKED);
  EXPECT_EQ(ReasonOf(StillHolds(*SnapshotOf(policy), decision, kNow)), "AGREEMENT_REVOKED");
  policy = testing::Policy();
  policy.mutable_agreements(0)->set_content_hash("01");
  EXPECT_EQ(ReasonOf(StillHolds(*SnapshotOf(policy), decision, kNow)), "NO_AGREEMENT");
  policy = testing::Policy();
  policy.mutable_principals(0)->set_state(exchange::v1::ACCOUNT_STATE_DISABLED);
  EXPECT_EQ(ReasonOf(StillHolds(*SnapshotOf(policy), decision, kNow)), "ACCOUNT_DISABLED");
}

// What an own caller's stream began with must be held as far as then; more makes no difference.
TEST(StillHolds, EndsWithWhatTheCallerHeld) {
  const auto before = testing::Policy();
  const Decision decision = Decide(*SnapshotOf(before), SchoolList(testing::kJiading));
  ASSERT_TRUE(decision.status.ok());
  const auto reason = [&](auto change) {
    auto policy = before;
    change(policy, policy.mutable_principals(1));
    return ReasonOf(StillHolds(*SnapshotOf(policy), decision, kNow));
  };
  EXPECT_EQ(reason([](auto&, auto*) {}), "");
  EXPECT_EQ(reason([](auto&, auto* clerk) { clerk->clear_bindings(); }), "ROLE_CHANGED");
  EXPECT_EQ(reason([](auto&, auto* clerk) { clerk->mutable_bindings(0)->set_role(options::v1::ROLE_AUDITOR); }),
            "ROLE_CHANGED");
  for (const char* narrower : {"districts/310114/schools/1", "districts/310115", "organizations/jiading"}) {
    EXPECT_EQ(reason([&](auto&, auto* clerk) { clerk->mutable_bindings(0)->set_prefix(narrower); }), "ROLE_CHANGED")
        << narrower;
  }
  for (const char* wider : {"districts/310100", "*"}) {
    EXPECT_EQ(reason([&](auto&, auto* clerk) { clerk->mutable_bindings(0)->set_prefix(wider); }), "") << wider;
  }
  EXPECT_EQ(reason([](auto&, auto* clerk) { testing::Bind(clerk, options::v1::ROLE_AUDITOR, "*"); }), "");
  EXPECT_EQ(reason([](auto&, auto* clerk) { clerk->set_state(exchange::v1::ACCOUNT_STATE_DISABLED); }),
            "ACCOUNT_DISABLED");
  EXPECT_EQ(reason([](auto&, auto* clerk) { clerk->set_token_generation(1); }), "TOKEN_ENDED");
  EXPECT_EQ(reason([](auto& policy, auto*) { policy.clear_principals(); }), "ACCOUNT_DISABLED");
}

// An organisation's own register, of which the caller has no role above all of it.
TEST(StillHolds, EndsWhenTheDistrictMoves) {
  auto policy = testing::Policy();
  policy.mutable_principals(1)->mutable_bindings(0)->set_prefix("districts/310114/schools/1");
  const Decision decision = Decide(*SnapshotOf(policy), SchoolList(testing::kJiading));
  ASSERT_TRUE(decision.status.ok());
  ASSERT_FALSE(decision.partner());
  EXPECT_TRUE(StillHolds(*SnapshotOf(policy), decision, kNow).ok());
  policy.mutable_organizations(0)->clear_districts();
  EXPECT_EQ(ReasonOf(StillHolds(*SnapshotOf(policy), decision, kNow)), "ROLE_CHANGED");
}

TEST(Decide, LetsAForcedChangeOpenNothingElse) {
  auto policy = testing::Policy();
  policy.mutable_principals(1)->set_password_change_required(true);
  Ask ask = SchoolList(testing::kJiading);
  EXPECT_EQ(Reason(policy, ask), "PASSWORD_CHANGE_REQUIRED");
  ask.changes_own_password = true;
  EXPECT_EQ(Reason(policy, ask), "");
}

}  // namespace
}  // namespace edudelta::gateway::policy
