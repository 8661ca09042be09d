#pragma once

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "edudelta/facilities/v1/building.pb.h"
#include "edudelta/facilities/v1/equipment_holding.pb.h"
#include "edudelta/facilities/v1/room.pb.h"
#include "edudelta/facilities/v1/sports_ground.pb.h"

// What must hold of buildings, rooms, grounds and equipment beyond what the fields declare. Pure; `today` is the day in
// Asia/Shanghai. Failures are INVALID_ARGUMENT about a field.
namespace edudelta::facilities::domain {

// BUILT_IN_FUTURE (built_year).
absl::Status Check(const v1::Building& next, absl::CivilDay today);

// NOT_A_TEACHING_ROOM (network_multimedia, classroom_kind): only rooms of use group 1 (教学及辅助用房) count as network
// multimedia rooms (indicator 7) or have a 教室类型; the indoor sports room 141 has neither. SEATS_EXCEED_AREA
// (seat_count; more than ten a square metre, which no hall has; an area of 0 says nothing).
absl::Status Check(const v1::Room& next);

// GROUND_WITHOUT_AREA (area): zero says that a school has no outdoor ground; a roof or rented one is left out instead.
absl::Status Check(const v1::SportsGround& next);

// EQUIPMENT_WITHOUT_VALUE (original_value): things without a known price are entered at 名义金额 1 元, never at 0.
absl::Status Check(const v1::EquipmentHolding& next);

}  // namespace edudelta::facilities::domain
