#include "safety/api/definition.h"

#include "edudelta/safety/v1/safety.pb.h"
#include "safety/api/api.h"
#include "safety/api/rules.h"

namespace edudelta::safety {

const std::vector<db::Migration>& Migrations();

namespace api {

service::Definition MakeDefinition() {
  service::Definition definition;
  definition.name = "safety";
  definition.api = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName("edudelta.safety.v1.SafetyService");
  definition.resources = {
      {v1::InspectionPoint::descriptor()},
      {v1::Patrol::descriptor(), PatrolRules},
      {v1::PatrolPlan::descriptor()},
      {v1::HazardTerm::descriptor()},
      {v1::Hazard::descriptor(), HazardRules},
  };
  definition.migrations = Migrations();
  definition.follows_schools = true;
  definition.peers = {"planning"};
  definition.serve = [](service::Runtime& runtime) {
    std::vector<std::unique_ptr<grpc::Service>> services;
    services.push_back(std::make_unique<SafetyApi>(runtime));
    return services;
  };
  return definition;
}

}  // namespace api
}  // namespace edudelta::safety
