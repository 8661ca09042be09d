#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "edudelta/planning/v1/grade_enrollment.pb.h"
#include "edudelta/planning/v1/indicator_set.pb.h"
#include "edudelta/planning/v1/measurement.pb.h"
#include "edudelta/planning/v1/plan_project.pb.h"
#include "edudelta/planning/v1/plan_section.pb.h"
#include "edudelta/planning/v1/plan_target.pb.h"
#include "edudelta/planning/v1/plan_task.pb.h"
#include "edudelta/planning/v1/report_duty.pb.h"
#include "edudelta/planning/v1/school.pb.h"
#include "edudelta/planning/v1/work_plan.pb.h"

// What must hold of one planning resource beyond what its fields declare (ranges, code sets, formats). Pure; `today` is
// the day in Asia/Shanghai. Check failures are INVALID_ARGUMENT about a field, May... failures FAILED_PRECONDITION; the
// reasons stand beside each rule.
namespace edudelta::planning::domain {

// SCHOOL_KIND_MISMATCH (the first two digits of the 10-digit id are the category of its kind, 学校(机构)标识码),
// COORDINATES_INCOMPLETE, BUILT_IN_FUTURE (built_year).
absl::Status Check(const v1::School& next, absl::CivilDay today);
// What the registers say of a school, against which the day of its closing is held.
struct CloseFacts {
  // The last school year with pupils; absent when none was reported.
  std::optional<int> last_school_year;
};
// CLOSE_DATE_IN_FUTURE, CLOSE_DATE_BEFORE_BUILT, CLOSE_DATE_BEFORE_PUPILS (the last school year with pupils had not
// begun), CLOSE_DATE_TOO_EARLY (before the school year before the current one, or, of a school of which neither year
// nor pupils are known, before the school year in which it was registered; only from above the district. Never before
// 1 October 1949).
absl::Status MayCloseSchool(const v1::School& old, const v1::CloseSchoolRequest& request, const CloseFacts& facts,
                            absl::CivilDay today, bool from_above);

// ENROLLMENT_ID_MISMATCH (see GradeEnrollmentId), GRADE_OUT_OF_STAGE, CLASS_BANDS_MISMATCH (the six bands, when any is
// given, sum to the classes), CLASS_BANDS_IMPLAUSIBLE (and hold the pupils), PART_EXCEEDS_PUPILS, SCHOOL_YEAR_IN_FUTURE
// (after the next one), CLASSES_EXCEED_PUPILS, PUPILS_EXCEED_CLASSES (more than 200 a class; no classes
// are those that nobody stated, or another grade's, 复式班).
// Grades of a stage: 学前 1-4 (托 小 中 大), 小学 1-6, 初中 1-4 (五四 system), 高中 1-3; others as the field declares.
absl::Status Check(const v1::GradeEnrollment& next, absl::CivilDay today);
// "<school year>-<stage>-<grade>", e.g. "2025-2-3": one row per school, year, stage and grade.
std::string GradeEnrollmentId(const v1::GradeEnrollment& enrollment);

// PLAN_PERIOD_REVERSED, PLAN_ISSUED_TOO_LATE (issue_date after the end).
absl::Status Check(const v1::WorkPlan& next);

// All parts of a plan: REFERENCE_OTHER_PLAN, when the section or task that one names stands in another plan.
absl::Status Check(const v1::PlanSection& next);
absl::Status Check(const v1::PlanTask& next);
// TARGET_OPERATOR_REQUIRED (with a value), TARGET_VALUE_REQUIRED (neither a value nor words for it).
absl::Status Check(const v1::PlanTarget& next);
// COUNT_RANGE_REVERSED, MILESTONES_REVERSED.
absl::Status Check(const v1::PlanProject& next);
// REPORT_DUE_FORMAT: "MM-DD" (02-29 included), "YYYY-MM-DD", or nothing.
absl::Status Check(const v1::ReportDuty& next);
// MEASURED_IN_FUTURE.
absl::Status Check(const v1::Measurement& next, absl::CivilDay today);

// Both stages once with the seven indicators once each: STAGES_INCOMPLETE, INDICATORS_INCOMPLETE; positive decimals of
// at most four places: STANDARD_NOT_POSITIVE, COEFFICIENT_LIMIT_NOT_POSITIVE, DECIMAL_*; REQUIRED_COUNT_OUT_OF_RANGE,
// FLOOR_OUT_OF_RANGE.
absl::Status Check(const v1::IndicatorSet& next);

}  // namespace edudelta::planning::domain
