#pragma once

#include "common/resource/rules.h"

namespace edudelta::service {
class Runtime;
}

// The rules of each resource that its annotations cannot say. Each is called once at start; `runtime` outlives them.
namespace edudelta::facilities::api {

resource::Rules BuildingRules(service::Runtime& runtime);
resource::Rules RoomRules(service::Runtime& runtime);
resource::Rules SportsGroundRules(service::Runtime& runtime);
resource::Rules EquipmentHoldingRules(service::Runtime& runtime);

}  // namespace edudelta::facilities::api
