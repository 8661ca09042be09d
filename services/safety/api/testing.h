#pragma once

#include <string>

#include "common/service/testing.h"

namespace edudelta::safety::api {

constexpr char kDistrict[] = "districts/150104";
constexpr char kSchool[] = "districts/150104/schools/2115000001";

// One running safety service, with kSchool in its copy of the schools.
class TestNode : public service::TestServer {
 public:
  TestNode();

  // ROLE_SAFETY_OFFICER at `prefix`.
  static call::v1::Caller Officer(const std::string& user = "officer", const std::string& prefix = kDistrict);
  static call::v1::Caller SchoolClerk();
};

}  // namespace edudelta::safety::api
