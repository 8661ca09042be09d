#include "facilities/api/rules.h"

#include "common/resource/rules.h"
#include "edudelta/facilities/v1/building.pb.h"
#include "edudelta/facilities/v1/equipment_holding.pb.h"
#include "edudelta/facilities/v1/room.pb.h"
#include "edudelta/facilities/v1/sports_ground.pb.h"
#include "facilities/domain/rules.h"

namespace edudelta::facilities::api {
namespace {

template <typename T>
resource::Rules Checked() {
  resource::Rules rules;
  rules.check = resource::Checking<T>(&domain::Check);
  return rules;
}

}  // namespace

resource::Rules BuildingRules(service::Runtime&) { return Checked<v1::Building>(); }
resource::Rules RoomRules(service::Runtime&) { return Checked<v1::Room>(); }
resource::Rules SportsGroundRules(service::Runtime&) { return Checked<v1::SportsGround>(); }
resource::Rules EquipmentHoldingRules(service::Runtime&) { return Checked<v1::EquipmentHolding>(); }

}  // namespace edudelta::facilities::api
