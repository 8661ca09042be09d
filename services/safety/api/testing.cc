#include "safety/api/testing.h"

#include "absl/strings/str_cat.h"
#include "safety/api/definition.h"

namespace edudelta::safety::api {

TestNode::TestNode() : service::TestServer(MakeDefinition()) {
  service::Must(Execute(
      absl::StrCat("INSERT INTO ref_school (name, district_id, display_name, kind, state, update_time) VALUES ('",
                   kSchool, "', '150104', '一小', '211', 1, NOW(6))")));
}

call::v1::Caller TestNode::Officer(const std::string& user, const std::string& prefix) {
  return service::UserOf("yuquan", user, options::v1::ROLE_SAFETY_OFFICER, prefix);
}

call::v1::Caller TestNode::SchoolClerk() {
  return service::UserOf("yuquan", "clerk", options::v1::ROLE_SCHOOL_CLERK, kSchool);
}

}  // namespace edudelta::safety::api
