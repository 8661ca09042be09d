// Everybody who asks whether a role held at one name is good for another gets the same answer: engine, policy, feed,
// references and accounts. A district's code, a city's, a province's, the nation's.
#include <array>
#include <random>

#include "absl/strings/str_cat.h"
#include "common/describe/district.h"
#include "common/outbox/feed.h"
#include "common/resource/permission.h"
#include "edudelta/exchange/v1/organization.pb.h"
#include "exchange/domain/account.h"
#include "gateway/policy/decide.h"
#include "gateway/policy/testing.h"
#include "gtest/gtest.h"

namespace edudelta::contract {
namespace {

constexpr std::array<const char*, 9> kCodes = {"000000", "310000", "310100", "310114", "310115",
                                               "320000", "320500", "320583", "330300"};

call::v1::Caller CallerAt(options::v1::Role role, const std::string& prefix) {
  call::v1::Caller caller;
  auto* binding = caller.add_bindings();
  binding->set_role(role);
  binding->set_prefix(prefix);
  return caller;
}

bool EngineAllows(const std::string& prefix, const std::string& name) {
  resource::Roles roles;
  roles.Add(options::v1::ROLE_BUREAU_CLERK);
  return resource::HoldsRole(CallerAt(options::v1::ROLE_BUREAU_CLERK, prefix), roles, name);
}

// A caller of another organisation is an own one only by where its role is held.
bool PolicyTakesForOwn(const std::string& prefix, const std::string& name) {
  auto policy = gateway::policy::testing::Policy();
  for (auto& principal : *policy.mutable_principals()) {
    if (principal.name() == gateway::policy::testing::kKunshan) {
      gateway::policy::testing::Bind(&principal, options::v1::ROLE_BUREAU_CLERK, prefix);
    }
  }
  gateway::policy::Ask ask;
  ask.principal = gateway::policy::testing::kKunshan;
  ask.kind = describe::MethodKind::kList;
  ask.pattern = "districts/{district}/schools/{school}";
  ask.dataset = "planning.School";
  ask.target = name;
  ask.purpose = "ENROLMENT_CHECK";
  ask.now = gateway::policy::testing::kNow;
  const auto decision = gateway::policy::Decide(*gateway::policy::testing::SnapshotOf(policy), ask);
  return decision.status.ok() && !decision.partner();
}

bool AccountsAllow(const std::string& prefix, const std::string& code) {
  exchange::v1::Organization next;
  next.add_districts(code);
  return exchange::domain::MayAssignDistricts(CallerAt(options::v1::ROLE_ADMINISTRATOR, prefix), nullptr, next).ok();
}

bool FeedAllows(const std::string& prefix, const std::string& code) {
  return outbox::AuthorizeFeed(CallerAt(options::v1::ROLE_AUDITOR, prefix), code).ok();
}

TEST(Coverage, IsTheSameForEverybody) {
  std::mt19937 random(1);
  int allowed = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::string held = kCodes[random() % kCodes.size()], code = kCodes[random() % kCodes.size()];
    std::string prefix = absl::StrCat("districts/", held);
    if (random() % 4 == 0) prefix = "*";
    if (random() % 8 == 0) absl::StrAppend(&prefix, "/schools/1");
    const std::string district = absl::StrCat("districts/", code);
    const std::string name = random() % 2 == 0 ? district : absl::StrCat(district, "/schools/1");
    SCOPED_TRACE(absl::StrCat(prefix, " for ", name));
    const bool covers = describe::Covers(prefix, name);
    ASSERT_EQ(EngineAllows(prefix, name), covers);
    // Kunshan's own district needs no binding.
    if (code != "320583") {
      ASSERT_EQ(PolicyTakesForOwn(prefix, name), covers);
    }
    const bool covers_district = describe::Covers(prefix, district);
    ASSERT_EQ(AccountsAllow(prefix, code), covers_district);
    ASSERT_EQ(FeedAllows(prefix, code), covers_district);
    allowed += covers;
  }
  EXPECT_GT(allowed, 500);
}

}  // namespace
}  // namespace edudelta::contract
