#include "planning/api/api.h"

namespace edudelta::planning::api {

PlanningApi::PlanningApi(service::Runtime& runtime)
    : balance_(runtime),
      targets_(runtime),
      runtime_(runtime),
      districts_(runtime.engine("planning.District"), runtime.frame()),
      schools_(runtime.engine("planning.School"), runtime.frame()),
      grade_enrollments_(runtime.engine("planning.GradeEnrollment"), runtime.frame()),
      work_plans_(runtime.engine("planning.WorkPlan"), runtime.frame()),
      plan_sections_(runtime.engine("planning.PlanSection"), runtime.frame()),
      plan_tasks_(runtime.engine("planning.PlanTask"), runtime.frame()),
      plan_targets_(runtime.engine("planning.PlanTarget"), runtime.frame()),
      plan_projects_(runtime.engine("planning.PlanProject"), runtime.frame()),
      report_duties_(runtime.engine("planning.ReportDuty"), runtime.frame()),
      measurements_(runtime.engine("planning.Measurement"), runtime.frame()),
      indicator_sets_(runtime.engine("planning.IndicatorSet"), runtime.frame()),
      balance_reports_(runtime.engine("planning.BalanceReport"), runtime.frame()),
      school_findings_(runtime.engine("planning.SchoolFinding"), runtime.frame()) {}

}  // namespace edudelta::planning::api
