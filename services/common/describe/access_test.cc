#include "common/describe/access.h"

#include <string>
#include <vector>

#include "common/base/error.h"
#include "edudelta/teachers/v1/staffing_quota.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"
#include "gtest/gtest.h"

namespace edudelta::describe {
namespace {

call::v1::Caller Holder(options::v1::Role role, const std::string& prefix) {
  call::v1::Caller caller;
  auto* binding = caller.add_bindings();
  binding->set_role(role);
  binding->set_prefix(prefix);
  return caller;
}

bool MayImport(const call::v1::Caller& caller, const google::protobuf::Descriptor* resource,
               const std::string& parent) {
  return MayHoldBelow(caller, RolesOf(*ResourceOf(resource), MethodKind::kImport), resource, parent);
}

const auto* const kTeacher = teachers::v1::Teacher::descriptor();
const auto* const kQuota = teachers::v1::StaffingQuota::descriptor();

TEST(RolesOf, WritersReadToo) {
  options::v1::Resource resource;
  resource.add_read(options::v1::ROLE_AUDITOR);
  resource.add_read(options::v1::ROLE_BUREAU_CLERK);
  resource.add_write(options::v1::ROLE_BUREAU_CLERK);
  EXPECT_EQ(RolesOf(resource, MethodKind::kImport).size(), 1);
  EXPECT_EQ(RolesOf(resource, MethodKind::kExport).size(), 2);
}

TEST(MayHoldBelow, IsSaidByWhatIsDeclared) {
  const std::string district = "districts/310114";
  EXPECT_TRUE(MayImport(Holder(options::v1::ROLE_BUREAU_CLERK, district), kTeacher, district));
  EXPECT_TRUE(MayImport(Holder(options::v1::ROLE_BUREAU_CLERK, "districts/310100"), kTeacher, district));
  EXPECT_TRUE(MayImport(Holder(options::v1::ROLE_BUREAU_CLERK, "*"), kTeacher, "districts/-"));
  for (const auto role : {options::v1::ROLE_AUDITOR, options::v1::ROLE_INSPECTOR, options::v1::ROLE_SUPERVISOR,
                          options::v1::ROLE_ADMINISTRATOR, options::v1::ROLE_SENSITIVE_READER}) {
    EXPECT_FALSE(MayImport(Holder(role, "*"), kTeacher, district)) << options::v1::Role_Name(role);
  }
  EXPECT_FALSE(MayImport(Holder(options::v1::ROLE_BUREAU_CLERK, "districts/320583"), kTeacher, district));
  EXPECT_FALSE(MayImport(Holder(options::v1::ROLE_BUREAU_CLERK, "organizations/jiading"), kTeacher, district));
  EXPECT_FALSE(MayImport({}, kTeacher, district));
}

TEST(MayHoldBelow, CountsWhatARowMayName) {
  const auto clerk = Holder(options::v1::ROLE_SCHOOL_CLERK, "districts/310114/schools/1");
  EXPECT_TRUE(MayImport(clerk, kTeacher, "districts/310114")) << "a teacher of the school";
  EXPECT_FALSE(MayImport(clerk, kTeacher, "districts/310115")) << "another district's register";
}

// Whatever the row decides is not forestalled.
TEST(MayHoldBelow, NeverRefusesWhatARowWouldAllow) {
  const std::vector<std::string> prefixes = {"*",
                                             "districts/000000",
                                             "districts/310000",
                                             "districts/310114",
                                             "districts/310114/schools/1",
                                             "districts/310114/teachers/1",
                                             "districts/310114/schools/1/x/y/z/u",
                                             "districts/320583",
                                             "organizations/jiading",
                                             "organizations/jiading/users/x"};
  const std::vector<std::string> parents = {"", "districts/310114", "districts/-", "districts/310100"};
  for (const auto* resource : {kTeacher, kQuota}) {
    const Pattern pattern = ParsePattern(ResourceOf(resource)->pattern()).value();
    for (const std::string& prefix : prefixes) {
      for (const std::string& parent : parents) {
        for (const int role : RolesOf(*ResourceOf(resource), MethodKind::kImport)) {
          const auto caller = Holder(static_cast<options::v1::Role>(role), prefix);
          std::vector<std::string> ids = {"310114", "1", "1", "1"};
          ids.resize(pattern.variables.size());
          const std::string name = BuildName(pattern, ids);
          if (!Covers(prefix, name)) continue;
          EXPECT_TRUE(MayImport(caller, resource, parent)) << prefix << " for " << name << " below " << parent;
        }
      }
    }
  }
}

}  // namespace
}  // namespace edudelta::describe
