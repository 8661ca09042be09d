#include "facilities/store/summary.h"

#include "common/resource/test_engine.h"
#include "edudelta/facilities/v1/building.pb.h"
#include "edudelta/facilities/v1/equipment_holding.pb.h"
#include "edudelta/facilities/v1/room.pb.h"
#include "edudelta/facilities/v1/sports_ground.pb.h"

namespace edudelta::facilities::store {
namespace {

using resource::Soon;
using resource::TestService;
using testing::IsOk;

class SummaryTest : public ::testing::Test {
 protected:
  void PutRoom(const std::string& id, const std::string& use, const std::string& area, bool multimedia = false) {
    v1::Room room;
    room.set_name("districts/310114/schools/s1/buildings/b1/rooms/" + id);
    room.set_use(use);
    room.set_area(area);
    room.set_network_multimedia(multimedia);
    service_.Insert({&room});
  }

  void PutGround(const std::string& id, v1::SportsGround::Kind kind, const std::string& area) {
    v1::SportsGround ground;
    ground.set_name("districts/310114/schools/s1/sportsGrounds/" + id);
    ground.set_kind(kind);
    ground.set_area(area);
    service_.Insert({&ground});
  }

  v1::SummarizeFacilitiesResponse Summarize() {
    v1::SummarizeFacilitiesResponse response;
    const Tables tables = {service_.engine("facilities.Room").table(),
                           service_.engine("facilities.SportsGround").table(),
                           service_.engine("facilities.EquipmentHolding").table()};
    EXPECT_THAT(service_.pool->Read(Soon(),
                                    [&](db::Session& session) {
                                      return SummarizeFacilities(session, tables, "310114", "", closed_, &response);
                                    }),
                IsOk());
    return response;
  }

  absl::flat_hash_set<std::string> closed_;
  TestService service_{{v1::Building::descriptor(), v1::Room::descriptor(), v1::SportsGround::descriptor(),
                        v1::EquipmentHolding::descriptor()}};
};

// 教督〔2017〕6号: the gymnasium counts as a sports area and not as a teaching area.
TEST_F(SummaryTest, CountsTheGymnasiumOnce) {
  PutRoom("a", "111", "60.50", true);
  PutRoom("b", "121", "90");
  PutRoom("c", "141", "500");
  PutRoom("d", "211", "30", true);
  const auto response = Summarize();
  ASSERT_EQ(response.schools_size(), 1);
  EXPECT_EQ(response.schools(0).school(), "districts/310114/schools/s1");
  EXPECT_EQ(response.schools(0).teaching_area(), "150.50");
  EXPECT_EQ(response.schools(0).indoor_sports_area(), "500.00");
  EXPECT_EQ(response.schools(0).multimedia_room_count(), 1) << "an office is no classroom";
  EXPECT_FALSE(response.schools(0).has_outdoor_sports_area());
  EXPECT_FALSE(response.schools(0).has_equipment_value());
}

TEST_F(SummaryTest, LeavesOutClosedSchools) {
  PutRoom("a", "111", "60.50");
  closed_ = {"districts/310114/schools/s1"};
  EXPECT_EQ(Summarize().schools_size(), 0);
}

TEST_F(SummaryTest, WhatTheRegisterHasNoRowOfIsMissingNotZero) {
  PutRoom("d", "211", "30");
  PutGround("roof", v1::SportsGround::KIND_ROOF_OR_UNDERGROUND, "200");
  const auto response = Summarize();
  ASSERT_EQ(response.schools_size(), 1);
  EXPECT_FALSE(response.schools(0).has_teaching_area());
  EXPECT_FALSE(response.schools(0).has_multimedia_room_count());
  EXPECT_FALSE(response.schools(0).has_outdoor_sports_area());
  EXPECT_EQ(response.schools(0).extra_sports_area(), "200.00");
}

TEST_F(SummaryTest, ClassroomsWithoutMultimediaAreReportedAsNone) {
  PutRoom("a", "111", "60.50");
  const auto response = Summarize();
  ASSERT_EQ(response.schools_size(), 1);
  ASSERT_TRUE(response.schools(0).has_multimedia_room_count());
  EXPECT_EQ(response.schools(0).multimedia_room_count(), 0);
}

}  // namespace
}  // namespace edudelta::facilities::store
