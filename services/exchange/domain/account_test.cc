#include "exchange/domain/account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "edudelta/exchange/v1/user.pb.h"

namespace edudelta::exchange::domain {
namespace {

using options::v1::Role;

v1::Organization Organization(const std::string& id, const std::vector<std::string>& districts) {
  v1::Organization organization;
  organization.set_name("organizations/" + id);
  organization.set_kind(v1::Organization::KIND_BUREAU);
  for (const std::string& district : districts) organization.add_districts(district);
  return organization;
}

v1::RoleBinding Binding(Role role, const std::string& prefix) {
  v1::RoleBinding binding;
  binding.set_role(role);
  binding.set_prefix(prefix);
  return binding;
}

call::v1::Caller Administrator(const std::string& prefix) {
  call::v1::Caller caller;
  auto* binding = caller.add_bindings();
  binding->set_role(options::v1::ROLE_ADMINISTRATOR);
  binding->set_prefix(prefix);
  return caller;
}

std::string CheckOne(Role role, const std::string& prefix) {
  v1::User user;
  *user.add_bindings() = Binding(role, prefix);
  return ReasonOf(CheckBindings(user.bindings()));
}

TEST(CheckOrganization, LetsOnlyBureausOwnDistricts) {
  v1::Organization organization = Organization("a", {"310114"});
  EXPECT_TRUE(Check(organization).ok());
  organization.set_kind(v1::Organization::KIND_PORTAL);
  EXPECT_EQ(ReasonOf(Check(organization)), "DISTRICTS_NOT_BUREAU");
  organization.clear_districts();
  EXPECT_TRUE(Check(organization).ok());
  EXPECT_EQ(ReasonOf(Check(Organization("a", {"310114", "310114"}))), "DISTRICT_TWICE");
}

TEST(MayOwn, RefusesADistrictOfAnother) {
  const v1::Organization next = Organization("a", {"310114", "310115"});
  EXPECT_TRUE(MayOwn(next, {next, Organization("b", {"320583"})}).ok());
  EXPECT_EQ(ReasonOf(MayOwn(next, {next, Organization("b", {"310115"})})), "DISTRICT_OWNED");
}

TEST(MayAssignDistricts, NeedsAnAdministratorOfTheDistrict) {
  const v1::Organization old = Organization("a", {"310114"});
  const v1::Organization next = Organization("a", {"310114", "310115"});
  EXPECT_EQ(ReasonOf(MayAssignDistricts(Administrator("organizations/a"), &old, next)), "DISTRICT_NOT_YOURS");
  EXPECT_TRUE(MayAssignDistricts(Administrator("districts/310000"), &old, next).ok());
  EXPECT_TRUE(MayAssignDistricts(Administrator("*"), nullptr, next).ok());
  EXPECT_TRUE(MayAssignDistricts(Administrator("organizations/a"), &next, old).ok()) << "giving up is no assignment";
}

TEST(CheckBindings, RefusesServicesAndMalformedPrefixes) {
  EXPECT_EQ(CheckOne(options::v1::ROLE_BUREAU_CLERK, "districts/310114"), "");
  EXPECT_EQ(CheckOne(options::v1::ROLE_SCHOOL_CLERK, "districts/310114/schools/3131000123"), "");
  EXPECT_EQ(CheckOne(options::v1::ROLE_AGREEMENT_OFFICER, "organizations/jiading"), "");
  EXPECT_EQ(CheckOne(options::v1::ROLE_ADMINISTRATOR, "*"), "");
  EXPECT_EQ(CheckOne(options::v1::ROLE_SERVICE, "*"), "ROLE_NOT_GRANTABLE");
  EXPECT_EQ(CheckOne(options::v1::ROLE_UNSPECIFIED, "*"), "ROLE_REQUIRED");
  EXPECT_EQ(CheckOne(static_cast<Role>(99), "*"), "ROLE_REQUIRED");
  for (const char* prefix :
       {"", "districts", "districts/", "districts/31011", "districts/-", "districts/310114/schools", "schools/1",
        "/districts/310114", "districts/310114/", "districts/310114//x", "**"}) {
    EXPECT_EQ(CheckOne(options::v1::ROLE_BUREAU_CLERK, prefix), "PREFIX_INVALID") << prefix;
  }
}

TEST(CheckBindings, RefusesTheSameTwice) {
  v1::User user;
  *user.add_bindings() = Binding(options::v1::ROLE_AUDITOR, "*");
  *user.add_bindings() = Binding(options::v1::ROLE_AUDITOR, "*");
  EXPECT_EQ(ReasonOf(CheckBindings(user.bindings())), "BINDING_TWICE");
}

constexpr char kColleague[] = "organizations/jiading/users/colleague";

TEST(MayGrant, KeepsAnOrganisationsAdministratorWithinItsDistricts) {
  const v1::Organization organization = Organization("jiading", {"310114"});
  const call::v1::Caller own = Administrator("organizations/jiading");
  const auto clerk = options::v1::ROLE_BUREAU_CLERK;
  EXPECT_TRUE(MayGrant(own, organization, kColleague, Binding(clerk, "districts/310114")).ok());
  EXPECT_TRUE(MayGrant(own, organization, kColleague, Binding(clerk, "districts/310114/schools/1")).ok());
  EXPECT_TRUE(
      MayGrant(own, organization, kColleague, Binding(options::v1::ROLE_ADMINISTRATOR, "organizations/jiading")).ok());
  for (const char* prefix :
       {"*", "districts/310000", "districts/320583", "organizations/kunshan", "organizations/jiading2"}) {
    EXPECT_EQ(ReasonOf(MayGrant(own, organization, kColleague, Binding(options::v1::ROLE_AUDITOR, prefix))),
              "GRANT_TOO_WIDE")
        << prefix;
  }
  EXPECT_EQ(
      ReasonOf(MayGrant(own, organization, kColleague, Binding(options::v1::ROLE_ADMINISTRATOR, "districts/310114"))),
      "GRANT_TOO_WIDE")
      << "an administrator of the district could give the district away";
  EXPECT_EQ(ReasonOf(MayGrant(Administrator("organizations/kunshan"), organization, kColleague,
                              Binding(clerk, "districts/310114"))),
            "GRANT_TOO_WIDE");
  EXPECT_EQ(ReasonOf(MayGrant({}, organization, kColleague, Binding(clerk, "districts/310114"))), "GRANT_TOO_WIDE");
  EXPECT_TRUE(
      MayGrant(Administrator("*"), organization, kColleague, Binding(options::v1::ROLE_ADMINISTRATOR, "*")).ok());
}

TEST(MayGrant, GivesNobodyARoleByTheirOwnHand) {
  call::v1::Caller admin = Administrator("*");
  admin.set_principal(kColleague);
  const v1::Organization organization = Organization("jiading", {"310114"});
  const v1::RoleBinding binding = Binding(options::v1::ROLE_SENSITIVE_READER, "districts/310114");
  EXPECT_EQ(ReasonOf(MayGrant(admin, organization, kColleague, binding)), "GRANT_TO_SELF");
  EXPECT_TRUE(MayGrant(admin, organization, "organizations/jiading/users/other", binding).ok());
}

TEST(MayGrant, RefusesWhatCoversNothing) {
  const v1::Organization organization = Organization("jiading", {"310114"});
  const auto grant = [&](const char* prefix) {
    return ReasonOf(MayGrant(Administrator("*"), organization, kColleague, Binding(options::v1::ROLE_AUDITOR, prefix)));
  };
  for (const char* prefix :
       {"districts/000000/schools/1", "districts/310000/schools/1", "districts/000000/schools/1/rooms/2"}) {
    EXPECT_EQ(grant(prefix), "PREFIX_COVERS_NOTHING") << prefix;
    EXPECT_EQ(CheckOne(options::v1::ROLE_AUDITOR, prefix), "") << "accounts that have it can be written";
  }
  for (const char* prefix : {"districts/000000", "districts/310000", "districts/321100", "districts/321100/schools/1",
                             "districts/310114/schools/1"}) {
    EXPECT_EQ(grant(prefix), "") << prefix;
  }
}

TEST(MayGrant, LeavesTheRegistersToTheirOwners) {
  const call::v1::Caller admin = Administrator("*");
  const v1::Organization organization = Organization("jiading", {"310114"});
  for (const char* prefix : {"districts/320583", "districts/310100", "districts/320583/schools/1", "*"}) {
    for (const auto role : {options::v1::ROLE_BUREAU_CLERK, options::v1::ROLE_SCHOOL_CLERK, options::v1::ROLE_INSPECTOR,
                            options::v1::ROLE_SAFETY_OFFICER, options::v1::ROLE_SENSITIVE_READER}) {
      EXPECT_EQ(ReasonOf(MayGrant(admin, organization, kColleague, Binding(role, prefix))),
                "GRANT_ACROSS_ORGANIZATIONS")
          << prefix;
    }
    for (const auto role : {options::v1::ROLE_EVALUATOR, options::v1::ROLE_SUPERVISOR, options::v1::ROLE_AUDITOR}) {
      EXPECT_TRUE(MayGrant(admin, organization, kColleague, Binding(role, prefix)).ok()) << prefix;
    }
  }
}

TEST(OrganizationOf, ReadsThePrincipal) {
  EXPECT_EQ(OrganizationOf("organizations/a/users/b"), "organizations/a");
  EXPECT_EQ(OrganizationOf("services/exchange"), "");
}

}  // namespace
}  // namespace edudelta::exchange::domain
