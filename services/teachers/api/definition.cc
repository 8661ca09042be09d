#include "teachers/api/definition.h"

#include "edudelta/teachers/v1/staffing_quota.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"
#include "teachers/api/rules.h"

namespace edudelta::teachers {

const std::vector<db::Migration>& Migrations();

namespace api {

service::Definition MakeDefinition() {
  service::Definition definition;
  definition.name = "teachers";
  definition.rules = {
      {v1::Teacher::descriptor(), TeacherRules},
      {v1::StaffingQuota::descriptor(), StaffingQuotaRules},
  };
  definition.backfills = IdentityKinds();
  definition.migrations = Migrations();
  definition.serve = ServeCustom;
  return definition;
}

}  // namespace api
}  // namespace edudelta::teachers
