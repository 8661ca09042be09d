#include "common/service/runtime.h"
#include "edudelta/teachers/v1/teachers.pb.h"
#include "teachers/api/api.h"
#include "teachers/api/rules.h"

namespace edudelta::teachers {
const std::vector<db::Migration>& Migrations();
}  // namespace edudelta::teachers

int main(int argc, char** argv) {
  using namespace edudelta::teachers;  // NOLINT(build/namespaces): the wiring of one service
  edudelta::service::Definition definition;
  definition.name = "teachers";
  definition.api = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName("edudelta.teachers.v1.TeachersService");
  definition.resources = {
      {v1::Teacher::descriptor(), api::TeacherRules},
      {v1::StaffingQuota::descriptor(), api::StaffingQuotaRules},
  };
  definition.migrations = Migrations();
  definition.follows_schools = true;
  definition.peers = {"planning"};
  definition.serve = [](edudelta::service::Runtime& runtime) {
    std::vector<std::unique_ptr<grpc::Service>> services;
    services.push_back(std::make_unique<api::TeachersApi>(runtime));
    return services;
  };
  return edudelta::service::Run(argc, argv, definition);
}
