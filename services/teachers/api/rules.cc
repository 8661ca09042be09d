#include "teachers/api/rules.h"

#include <optional>

#include "common/base/ids.h"
#include "common/codes/identity_document.h"
#include "common/resource/rules.h"
#include "common/service/runtime.h"
#include "edudelta/teachers/v1/staffing_quota.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"
#include "teachers/domain/rules.h"
#include "teachers/store/merged.h"

namespace edudelta::teachers::api {

using google::protobuf::Message;

resource::Rules TeacherRules(service::Runtime& runtime) {
  resource::Rules rules;
  rules.start = [](google::protobuf::Message* next) {
    auto* teacher = static_cast<v1::Teacher*>(next);
    teacher->set_person_token(RandomHex(16));
    if (teacher->identity_kind().empty()) teacher->set_identity_kind(std::string(codes::kResidentIdKind));
  };
  rules.check_given = resource::Checking<v1::Teacher>(&domain::CheckGiven);
  rules.check = resource::Checking<v1::Teacher>(&domain::Check);
  rules.in_transaction = [](const rpc::Call&, db::Tx&, const Message* old, Message* next) {
    return domain::CheckKind(static_cast<const v1::Teacher*>(old), static_cast<const v1::Teacher&>(*next));
  };
  rules.On<v1::CloseTeacherRequest, v1::Teacher>(
      [](const resource::StepContext& context, const v1::Teacher& old, const v1::CloseTeacherRequest& request,
         v1::Teacher*) { return domain::MayCloseTeacher(old, request, context.today, context.from_above); });
  rules.On<v1::MergeTeacherRequest, v1::Teacher, std::optional<v1::Teacher>>(
      [&runtime](const rpc::Call&, db::Tx& tx, const v1::Teacher&, const v1::MergeTeacherRequest& request) {
        return store::LockTeacher(tx, runtime.engine("teachers.Teacher").store(), request.merged_into());
      },
      [](const resource::StepContext&, const v1::Teacher& old, const v1::MergeTeacherRequest& request,
         const std::optional<v1::Teacher>& kept,
         v1::Teacher*) { return domain::MayMergeTeacher(old, request, kept ? &*kept : nullptr); });
  rules.On<v1::VoidTeacherRequest, v1::Teacher, bool>(
      [](const rpc::Call&, db::Tx& tx, const v1::Teacher& old, const v1::VoidTeacherRequest&) {
        return store::HasMerged(tx, old.name());
      },
      [](const resource::StepContext&, const v1::Teacher&, const v1::VoidTeacherRequest&, bool has_merged,
         v1::Teacher*) { return domain::MayVoidTeacher(has_merged); });
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

std::vector<resource::Backfill> IdentityKinds() {
  return {{"202611272355_put_identity_kinds_right", "teachers.Teacher", [](Message* row) {
             domain::PutKindRight(*static_cast<v1::Teacher*>(row));
             return absl::OkStatus();
           }}};
}

}  // namespace edudelta::teachers::api
