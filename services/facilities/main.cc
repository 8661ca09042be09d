#include "common/service/runtime.h"
#include "edudelta/facilities/v1/facilities.pb.h"
#include "facilities/api/api.h"
#include "facilities/api/rules.h"

namespace edudelta::facilities {
const std::vector<db::Migration>& Migrations();
}  // namespace edudelta::facilities

int main(int argc, char** argv) {
  using namespace edudelta::facilities;  // NOLINT(build/namespaces): the wiring of one service
  edudelta::service::Definition definition;
  definition.name = "facilities";
  definition.api = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName("edudelta.facilities.v1.FacilitiesService");
  definition.resources = {
      {v1::Building::descriptor(), api::BuildingRules},
      {v1::Room::descriptor(), api::RoomRules},
      {v1::SportsGround::descriptor(), api::SportsGroundRules},
      {v1::EquipmentHolding::descriptor(), api::EquipmentHoldingRules},
  };
  definition.migrations = Migrations();
  definition.follows_schools = true;
  definition.peers = {"planning"};
  definition.serve = [](edudelta::service::Runtime& runtime) {
    std::vector<std::unique_ptr<grpc::Service>> services;
    services.push_back(std::make_unique<api::FacilitiesApi>(runtime));
    return services;
  };
  return edudelta::service::Run(argc, argv, definition);
}
