#include "absl/strings/str_cat.h"
#include "common/calendar/days.h"
#include "common/testing/fits.h"
#include "edudelta/safety/v1/hazard.pb.h"
#include "edudelta/safety/v1/inspection_point.pb.h"
#include "edudelta/safety/v1/patrol_plan.pb.h"

namespace edudelta::safety::api {
namespace {

google::type::Date Later(const google::type::Date& due) { return calendar::ToProto(*calendar::FromProto(due) + 30); }

}  // namespace

void AddSampleFits(testing::Fits& fits) {
  // In use, so that patrols and hazards may name it.
  fits.On<v1::InspectionPoint>([](int, v1::InspectionPoint* point) { point->set_retired(false); });
  // The grade that every step is open to.
  fits.On<v1::GradeHazardRequest>(
      [](int, v1::GradeHazardRequest* request) { request->set_grade(v1::HAZARD_GRADE_MAJOR); });
  fits.OnStep<v1::Hazard, v1::RequestHazardExtensionRequest>(
      [](const v1::Hazard& hazard, v1::RequestHazardExtensionRequest* request) {
        *request->mutable_requested_due_date() = Later(hazard.due_date());
      });
  // To somebody else.
  fits.OnStep<v1::Hazard, v1::ReassignHazardRequest>([](const v1::Hazard& hazard, v1::ReassignHazardRequest* request) {
    request->set_rectifier(absl::StrCat("非", hazard.rectifier()));
  });
  // One plan a day.
  fits.On<v1::PatrolPlan>([](int number, v1::PatrolPlan* plan) {
    *plan->mutable_start_date() = calendar::ToProto(absl::CivilDay(1990, 1, 1) + number % 12000);
  });
  fits.OnStep<v1::Hazard, v1::ExtendHazardRequest>([](const v1::Hazard& hazard, v1::ExtendHazardRequest* request) {
    *request->mutable_due_date() = Later(hazard.due_date());
  });
}

}  // namespace edudelta::safety::api
