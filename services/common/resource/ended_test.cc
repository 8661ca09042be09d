// Nothing new refers to what has ended, at whatever depth and by whatever field; what was there may be corrected.
#include "common/resource/test_engine.h"
#include "edudelta/facilities/v1/building.pb.h"
#include "edudelta/facilities/v1/facilities.pb.h"
#include "edudelta/facilities/v1/room.pb.h"
#include "edudelta/safety/v1/hazard.pb.h"
#include "edudelta/safety/v1/inspection_point.pb.h"
#include "edudelta/safety/v1/patrol.pb.h"
#include "edudelta/safety/v1/safety.pb.h"

namespace edudelta::resource {
namespace {

using testing::HasReason;
using testing::IsOk;

constexpr char kFacilities[] = "edudelta.facilities.v1.FacilitiesService.";
constexpr char kSafety[] = "edudelta.safety.v1.SafetyService.";

class EndedTest : public ::testing::Test {
 protected:
  EndedTest() {
    service_.Run(
        "INSERT INTO ref_school (name, district_id, display_name, kind, state, update_time) "
        "VALUES (?, '310114', '一小', '211', 1, NOW(6))",
        {std::string(kSchool)});
  }

  void CloseSchool() { service_.Run("UPDATE ref_school SET state = 2"); }

  absl::Status CreateRoom(const std::string& id) {
    facilities::v1::CreateRoomRequest request;
    request.set_parent(absl::StrCat(kSchool, "/buildings/b"));
    request.set_room_id(id);
    request.mutable_room()->set_display_name(id);
    request.mutable_room()->set_use("111");
    request.mutable_room()->set_area("60");
    facilities::v1::Room made;
    return service_.engine("facilities.Room")
        .writer()
        .Create(CallOf(Clerk(), absl::StrCat(kFacilities, "CreateRoom")), request, &made);
  }
  absl::Status EnlargeRoom(const std::string& id) {
    facilities::v1::UpdateRoomRequest request;
    request.mutable_room()->set_name(absl::StrCat(kSchool, "/buildings/b/rooms/", id));
    request.mutable_room()->set_area("61");
    request.mutable_update_mask()->add_paths("area");
    facilities::v1::Room changed;
    return service_.engine("facilities.Room")
        .writer()
        .Update(CallOf(Clerk(), absl::StrCat(kFacilities, "UpdateRoom")), request, &changed);
  }

  std::string Point(const std::string& id) { return absl::StrCat(kSchool, "/inspectionPoints/", id); }
  void MakePoint(const std::string& id) {
    safety::v1::InspectionPoint point;
    point.set_name(Point(id));
    point.set_area(safety::v1::InspectionPoint::AREA_GATE);
    point.set_monthly_patrols(1);
    service_.Insert({&point});
  }
  void Retire(const std::string& id) {
    service_.Run("UPDATE inspection_point SET retired = 1 WHERE inspection_point_id = ?", {id});
  }
  static call::v1::Caller Officer() {
    return CallerOf("users/officer", {{options::v1::ROLE_SAFETY_OFFICER, "districts/310114"}});
  }
  absl::Status CreatePatrol(const std::string& id, const std::string& point) {
    safety::v1::CreatePatrolRequest request;
    request.set_parent(kSchool);
    request.set_patrol_id(id);
    request.mutable_patrol()->set_point(Point(point));
    request.mutable_patrol()->set_result(safety::v1::Patrol::RESULT_NORMAL);
    request.mutable_patrol()->mutable_patrol_time()->set_seconds(1763600000);
    safety::v1::Patrol made;
    return service_.engine("safety.Patrol")
        .writer()
        .Create(CallOf(Officer(), absl::StrCat(kSafety, "CreatePatrol")), request, &made);
  }
  absl::Status CreateHazard(const std::string& id, const std::string& point) {
    safety::v1::CreateHazardRequest request;
    request.set_parent(kSchool);
    request.set_hazard_id(id);
    request.mutable_hazard()->set_display_name("破损");
    request.mutable_hazard()->set_description("门缺失");
    if (!point.empty()) request.mutable_hazard()->set_point(Point(point));
    *request.mutable_hazard()->mutable_found_date() = calendar::ToProto(absl::CivilDay(2026, 1, 1));
    safety::v1::Hazard made;
    return service_.engine("safety.Hazard")
        .writer()
        .Create(CallOf(Officer(), absl::StrCat(kSafety, "CreateHazard")), request, &made);
  }
  absl::Status UpdateHazard(const std::string& id, const std::string& field, const std::string& text) {
    safety::v1::UpdateHazardRequest request;
    request.mutable_hazard()->set_name(absl::StrCat(kSchool, "/hazards/", id));
    request.mutable_hazard()->GetReflection()->SetString(
        request.mutable_hazard(), safety::v1::Hazard::descriptor()->FindFieldByName(field), text);
    request.mutable_update_mask()->add_paths(field);
    safety::v1::Hazard changed;
    return service_.engine("safety.Hazard")
        .writer()
        .Update(CallOf(Officer(), absl::StrCat(kSafety, "UpdateHazard")), request, &changed);
  }

  TestService service_{{facilities::v1::Building::descriptor(), facilities::v1::Room::descriptor(),
                        safety::v1::InspectionPoint::descriptor(), safety::v1::Hazard::descriptor(),
                        safety::v1::Patrol::descriptor()}};
};

TEST_F(EndedTest, NothingIsAddedFurtherBelowAClosedSchool) {
  facilities::v1::Building building;
  building.set_name(absl::StrCat(kSchool, "/buildings/b"));
  service_.Insert({&building});
  ASSERT_THAT(CreateRoom("a"), IsOk());
  CloseSchool();
  EXPECT_THAT(CreateRoom("b"), HasReason("PARENT_CLOSED"));
  EXPECT_THAT(EnlargeRoom("a"), IsOk()) << "what is there may be corrected";
}

TEST_F(EndedTest, NothingNewNamesARetiredPoint) {
  MakePoint("gate");
  MakePoint("pool");
  ASSERT_THAT(CreatePatrol("p", "gate"), IsOk());
  ASSERT_THAT(CreateHazard("h", "gate"), IsOk());
  ASSERT_THAT(CreateHazard("i", "pool"), IsOk());
  Retire("gate");
  EXPECT_THAT(CreatePatrol("q", "gate"), HasReason("REFERENCE_CLOSED"));
  EXPECT_THAT(CreatePatrol("p", "gate"), IsOk()) << "sent twice counts once";
  EXPECT_THAT(CreateHazard("j", "gate"), HasReason("REFERENCE_CLOSED"));
  EXPECT_THAT(CreatePatrol("q", "pool"), IsOk());
  EXPECT_THAT(UpdateHazard("i", "point", Point("gate")), HasReason("REFERENCE_CLOSED"));
  EXPECT_THAT(UpdateHazard("h", "display_name", "破损严重"), IsOk());
  EXPECT_THAT(UpdateHazard("h", "point", Point("gate")), IsOk()) << "what it named before";
}

TEST_F(EndedTest, AVoidPatrolKeepsItsHistory) {
  MakePoint("gate");
  ASSERT_THAT(CreatePatrol("p", "gate"), IsOk());
  safety::v1::VoidPatrolRequest request;
  request.set_name(absl::StrCat(kSchool, "/patrols/p"));
  request.set_note("设备测试");
  safety::v1::Patrol patrol;
  Steps& steps = service_.engine("safety.Patrol").steps();
  const auto call = [&](const std::string& user) {
    return CallOf(CallerOf(user, {{options::v1::ROLE_SAFETY_OFFICER, "districts/310114"}}),
                  absl::StrCat(kSafety, "VoidPatrol"));
  };
  EXPECT_THAT(steps.Take(call("users/officer"), request, &patrol), HasReason("SAME_ACTOR"));
  ASSERT_THAT(steps.Take(call("users/other"), request, &patrol), IsOk());
  EXPECT_EQ(patrol.state(), safety::v1::Patrol::STATE_VOID);
  EXPECT_EQ(service_.Ask("SELECT state, version FROM patrol_history"), "1") << "as it was";
  EXPECT_EQ(service_.Ask("SELECT note FROM transition_log WHERE method LIKE '%VoidPatrol'"), "设备测试");
  EXPECT_THAT(CreatePatrol("p", "gate"), IsOk()) << "sent again, it stays void";
  EXPECT_EQ(service_.Ask("SELECT state FROM patrol"), "2");
}

}  // namespace
}  // namespace edudelta::resource
