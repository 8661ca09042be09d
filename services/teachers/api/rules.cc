#include "teachers/api/rules.h"

#include "common/base/ids.h"
#include "common/codes/identity_document.h"
#include "common/resource/rules.h"
#include "edudelta/teachers/v1/staffing_quota.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"
#include "teachers/domain/rules.h"

namespace edudelta::teachers::api {

resource::Rules TeacherRules(service::Runtime&) {
  resource::Rules rules;
  rules.start = [](google::protobuf::Message* next) {
    auto* teacher = static_cast<v1::Teacher*>(next);
    teacher->set_person_token(RandomHex(16));
    if (teacher->identity_kind().empty()) teacher->set_identity_kind(std::string(codes::kResidentIdKind));
  };
  rules.check_given = resource::Checking<v1::Teacher>(&domain::CheckGiven);
  rules.check = resource::Checking<v1::Teacher>(&domain::Check);
  rules.On<v1::CloseTeacherRequest, v1::Teacher>(
      [](const resource::StepContext& context, const v1::Teacher& old, const v1::CloseTeacherRequest& request,
         v1::Teacher*) { return domain::MayCloseTeacher(old, request, context.today, context.from_above); });
  rules.On<v1::MergeTeacherRequest, v1::Teacher>([](const resource::StepContext&, const v1::Teacher& old,
                                                    const v1::MergeTeacherRequest& request,
                                                    v1::Teacher*) { return domain::MayMergeTeacher(old, request); });
  rules.On<v1::ReopenTeacherRequest, v1::Teacher>(
      [](const resource::StepContext&, const v1::Teacher&, const v1::ReopenTeacherRequest&, v1::Teacher* next) {
        next->clear_leave_date();
        next->clear_merged_into();
        return absl::OkStatus();
      });
  return rules;
}

resource::Rules StaffingQuotaRules(service::Runtime&) {
  resource::Rules rules;
  rules.check = resource::Checking<v1::StaffingQuota>(&domain::Check);
  return rules;
}

}  // namespace edudelta::teachers::api
