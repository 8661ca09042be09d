#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/calendar/days.h"
#include "common/testing/fits.h"
#include "edudelta/teachers/v1/staffing_quota.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"

namespace edudelta::teachers::api {

void AddSampleFits(testing::Fits& fits) {
  fits.On<v1::StaffingQuota>([](int number, v1::StaffingQuota* quota) {
    const int years = calendar::SchoolYearOf(calendar::DayOf(absl::Now())) + 2 - 1949;
    quota->set_school_year(1949 + number % years);
    quota->set_name(absl::StrCat(quota->name().substr(0, quota->name().rfind('/') + 1), quota->school_year()));
  });
  fits.On<v1::Teacher>([](int number, v1::Teacher* teacher) {
    // The maker's identity numbers are of men.
    teacher->set_gender("1");
    teacher->set_identity_kind("1");
    // Every other one is a teacher in post, whom summaries count.
    teacher->set_staff_kind(number % 2 == 0 ? "12" : "11");
    teacher->set_post_state(number % 2 == 0 ? "12" : "11");
  });
  // A state of those who have left.
  fits.On<v1::CloseTeacherRequest>([](int, v1::CloseTeacherRequest* request) { request->set_post_state("05"); });
  fits.On<v1::ReopenTeacherRequest>([](int, v1::ReopenTeacherRequest* request) { request->set_post_state("11"); });
}

}  // namespace edudelta::teachers::api
