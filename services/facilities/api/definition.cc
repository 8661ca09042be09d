#include "facilities/api/definition.h"

#include "edudelta/facilities/v1/building.pb.h"
#include "edudelta/facilities/v1/equipment_holding.pb.h"
#include "edudelta/facilities/v1/room.pb.h"
#include "edudelta/facilities/v1/sports_ground.pb.h"
#include "facilities/api/rules.h"

namespace edudelta::facilities {

const std::vector<db::Migration>& Migrations();

namespace api {

service::Definition MakeDefinition() {
  service::Definition definition;
  definition.name = "facilities";
  definition.rules = {
      {v1::Building::descriptor(), BuildingRules},
      {v1::Room::descriptor(), RoomRules},
      {v1::SportsGround::descriptor(), SportsGroundRules},
      {v1::EquipmentHolding::descriptor(), EquipmentHoldingRules},
  };
  definition.migrations = Migrations();
  definition.serve = ServeCustom;
  return definition;
}

}  // namespace api
}  // namespace edudelta::facilities
