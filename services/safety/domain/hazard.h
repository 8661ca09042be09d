#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "common/calendar/working_days.h"
#include "edudelta/safety/v1/hazard.pb.h"
#include "edudelta/safety/v1/hazard_term.pb.h"
#include "edudelta/safety/v1/types.pb.h"

// The closed loop of a hazard (闭环管理, 五落实; major by 教育部《教育系统重大事故隐患判定指南》2024) beyond what its
// transitions declare: from-states, roles, the rechecker not being the rectifier and the upper level for lifting a
// listing are the engine's. Pure; `today` is the day in Asia/Shanghai. `old` is the row under lock. Failures are
// INVALID_ARGUMENT about a field where one is named, else FAILED_PRECONDITION.
//
// Archiving and lifting a listing have no rule of their own.
namespace edudelta::safety::domain {

// FOUND_IN_FUTURE (found_date), POINT_OF_OTHER_SCHOOL (point).
absl::Status Check(const v1::Hazard& next, absl::CivilDay today);
// HAZARD_CLOSED: closed and archived hazards stay as they are.
absl::Status MayChange(const v1::Hazard& old, const v1::Hazard& next);

// HAZARD_LISTED: a listed hazard stays a major one. HAZARD_GRADE_NOT_HIGHER: once it is assigned, a hazard is only
// upgraded (升级); one that was void meanwhile may have its grade again.
absl::Status MayGradeHazard(const v1::Hazard& old, const v1::GradeHazardRequest& request);
// What was planned for the lesser grade does not count for the higher one: measures, funds, emergency plan and a wish
// for more time go. Both due dates stay, so that an upgrade hides no delay; the next StartClock moves the present one.
void Regrade(const v1::Hazard& old, v1::Hazard& next);

// Nearest jurisdiction first, of its terms in force on `today` the one that took effect last; those without a day
// count as the oldest, and of them, as far as there are several, the one whose name is first. Null when no jurisdiction
// has a term for the grade. The result points into `terms`. `jurisdictions` are district names ("districts/310114").
const v1::HazardTerm* ChooseTerm(v1::HazardGrade grade, const std::vector<v1::HazardTerm>& terms,
                                 const std::vector<std::string>& jurisdictions, absl::CivilDay today);

// The clock of an assigned hazard: the due date, and the first due date unless one is on record already. `provisional`:
// the calendar knows a part of the period only.
void StartClock(absl::CivilDay due, bool provisional, v1::Hazard& hazard);
// Counts a provisional due date of an open hazard anew, now that `days` has the notice of `year`; and the first due
// date with it while it is the same. No clock began before the hazard was registered.
void RecountDue(const calendar::WorkingDays& days, int year, v1::Hazard& hazard);

// HAZARD_RECTIFIER_SAME (rectifier): but for blanks around it.
absl::Status MayReassignHazard(const v1::Hazard& old, const v1::ReassignHazardRequest& request);
// What the rectifier planned and applied for goes; both due dates stay.
void DropPlan(v1::Hazard& next);
// Nobody rectifies it: the rectifier and the due date go too; the first due date stays.
void EndAssignment(v1::Hazard& next);
// PERMISSION_DENIED, UPPER_LEVEL_REQUIRED: what ends a major hazard without its recheck is for who may recheck it.
absl::Status MayWithdrawHazardAssignment(const v1::Hazard& old, bool caller_upper_level);
// The same; HAZARD_LISTED.
absl::Status MayVoidHazard(const v1::Hazard& old, bool caller_upper_level);

// A major hazard needs all of 五落实: responsibility, measures, funds, due date, emergency plan, from the request or,
// where it does not give one, on record: FIVE_MEASURES_REQUIRED, metadata `missing` names the fields, comma-separated.
// Funds of any hazard are a decimal of at least 0: DECIMAL_*, FUNDS_NEGATIVE (funds).
absl::Status MayStartHazardRectification(const v1::Hazard& old, const v1::StartHazardRectificationRequest& request);

// DUE_DATE_NOT_LATER (than the present one), DUE_DATE_PAST (all due_date).
absl::Status MayExtendHazard(const v1::Hazard& old, const v1::ExtendHazardRequest& request, absl::CivilDay today);

// The same about requested_due_date.
absl::Status MayRequestHazardExtension(const v1::Hazard& old, const v1::RequestHazardExtensionRequest& request,
                                       absl::CivilDay today);
// EXTENSION_NOT_REQUESTED.
absl::Status MayRejectHazardExtension(const v1::Hazard& old);
// Nothing is applied for any more: it was answered, or has lost its object.
void EndExtension(v1::Hazard& next);

// PERMISSION_DENIED, HIGHER_LEVEL_RECHECK_REQUIRED: a major hazard passes only when the caller acts from above the
// district.
absl::Status MayPassHazardRecheck(const v1::Hazard& old, const v1::PassHazardRecheckRequest& request,
                                  bool caller_upper_level);

// HAZARD_LISTED: first the listing is lifted.
absl::Status MayCloseHazard(const v1::Hazard& old);

// HAZARD_NOT_MAJOR, HAZARD_CLOSED.
absl::Status MayListHazardForSupervision(const v1::Hazard& old);

// Past its due date, and neither closed nor archived nor void.
bool IsOverdue(const v1::Hazard& hazard, absl::CivilDay today);

}  // namespace edudelta::safety::domain
