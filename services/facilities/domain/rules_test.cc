#include "facilities/domain/rules.h"

#include <gtest/gtest.h>

#include <utility>

#include "common/base/error.h"

namespace edudelta::facilities::domain {
namespace {

const absl::CivilDay kToday(2025, 11, 20);

TEST(CheckBuilding, IsNotBuiltInTheFuture) {
  v1::Building building;
  EXPECT_TRUE(Check(building, kToday).ok()) << "the year may be unknown";
  building.set_built_year(2025);
  EXPECT_TRUE(Check(building, kToday).ok());
  building.set_built_year(2026);
  EXPECT_EQ(ReasonOf(Check(building, kToday)), "BUILT_IN_FUTURE");
  EXPECT_EQ(FieldOf(Check(building, kToday)), "built_year");
}

TEST(CheckRoom, OnlyTeachingRoomsAreNetworkMultimediaRooms) {
  for (const char* use : {"111", "121", "123", "131", "199", "1"}) {
    v1::Room room;
    room.set_use(use);
    room.set_network_multimedia(true);
    room.set_classroom_kind("1");
    EXPECT_TRUE(Check(room).ok()) << use;
  }
  for (const char* use : {"141", "211", "311", "321", "4", "9"}) {
    v1::Room room;
    room.set_use(use);
    EXPECT_TRUE(Check(room).ok()) << use;
    room.set_classroom_kind("1");
    EXPECT_EQ(FieldOf(Check(room)), "classroom_kind") << use;
    room.set_network_multimedia(true);
    EXPECT_EQ(ReasonOf(Check(room)), "NOT_A_TEACHING_ROOM") << use;
    EXPECT_EQ(FieldOf(Check(room)), "network_multimedia") << use;
  }
}

TEST(CheckRoom, HoldsItsSeats) {
  v1::Room room;
  room.set_use("111");
  room.set_area("60.50");
  for (const auto& [seats, fits] : {std::pair{50, true}, std::pair{605, true}, std::pair{606, false}}) {
    room.set_seat_count(seats);
    EXPECT_EQ(ReasonOf(Check(room)), fits ? "" : "SEATS_EXCEED_AREA") << seats;
  }
  room.set_area("0.00");
  EXPECT_TRUE(Check(room).ok()) << "nobody measured it";
}

TEST(CheckSportsGround, ZeroIsSaidOfOutdoorGroundsOnly) {
  v1::SportsGround ground;
  ground.set_area("0.00");
  ground.set_kind(v1::SportsGround::KIND_OUTDOOR);
  EXPECT_TRUE(Check(ground).ok());
  ground.set_kind(v1::SportsGround::KIND_RENTED);
  EXPECT_EQ(ReasonOf(Check(ground)), "GROUND_WITHOUT_AREA");
  ground.set_kind(v1::SportsGround::KIND_ROOF_OR_UNDERGROUND);
  EXPECT_EQ(ReasonOf(Check(ground)), "GROUND_WITHOUT_AREA");
  ground.set_area("0.01");
  EXPECT_TRUE(Check(ground).ok());
}

TEST(CheckEquipmentHolding, ThingsHaveAValue) {
  v1::EquipmentHolding holding;
  holding.set_original_value("0");
  EXPECT_TRUE(Check(holding).ok()) << "nothing at no value";
  holding.set_item_count(3);
  EXPECT_EQ(ReasonOf(Check(holding)), "EQUIPMENT_WITHOUT_VALUE");
  holding.set_original_value("1.00");
  EXPECT_TRUE(Check(holding).ok());
}

}  // namespace
}  // namespace edudelta::facilities::domain
