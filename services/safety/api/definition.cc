#include "safety/api/definition.h"

#include "common/calendar/working_days.h"
#include "edudelta/safety/v1/hazard.pb.h"
#include "edudelta/safety/v1/hazard_term.pb.h"
#include "edudelta/safety/v1/patrol.pb.h"
#include "safety/api/gauges.h"
#include "safety/api/rules.h"

namespace edudelta::safety {

const std::vector<db::Migration>& Migrations();

namespace api {

service::Definition MakeDefinition() {
  service::Definition definition;
  definition.name = "safety";
  definition.rules = {
      {v1::Patrol::descriptor(), PatrolRules},
      {v1::Hazard::descriptor(), HazardRules},
      {v1::HazardTerm::descriptor(), HazardTermRules},
  };
  definition.backfills = RecountsOfDueDates(calendar::WorkingDays::Embedded());
  definition.gauges = Gauges();
  definition.migrations = Migrations();
  definition.serve = ServeCustom;
  return definition;
}

}  // namespace api
}  // namespace edudelta::safety
