#include "safety/domain/hazard.h"

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "common/base/decimal.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/base/timestamp.h"
#include "common/calendar/days.h"
#include "safety/domain/names.h"

namespace edudelta::safety::domain {
namespace {

constexpr int kFundsScale = 2;

// What a major hazard is not ended without.
absl::Status CheckEndsMajor(const v1::Hazard& old, bool caller_upper_level) {
  if (old.grade() != v1::HAZARD_GRADE_MAJOR || caller_upper_level) return absl::OkStatus();
  return Denied("UPPER_LEVEL_REQUIRED", "重大隐患须由上级撤回交办或作废");
}

void StopClock(v1::Hazard& next) {
  next.clear_due_date();
  next.set_due_provisional(false);
}

bool Finished(const v1::Hazard& hazard) {
  return hazard.state() == v1::Hazard::STATE_CLOSED || hazard.state() == v1::Hazard::STATE_ARCHIVED;
}

// Also while it is back at its grading after an upgrade.
bool WasAssigned(const v1::Hazard& hazard) { return hazard.has_first_due_date(); }

absl::Status CheckLater(const char* field, const google::type::Date& date, const v1::Hazard& old,
                        absl::CivilDay today) {
  const std::optional<absl::CivilDay> due = calendar::FromProto(date);
  const std::optional<absl::CivilDay> present = calendar::FromProto(old.due_date());
  if (due && present && *due <= *present) return Invalid(field, "DUE_DATE_NOT_LATER", "新期限须晚于现有期限");
  if (due && *due < today) return Invalid(field, "DUE_DATE_PAST", "新期限不能早于今天");
  return absl::OkStatus();
}

absl::Status CheckFunds(absl::string_view funds) {
  if (funds.empty()) return absl::OkStatus();
  const absl::StatusOr<int64_t> amount = ParseDecimal(funds, kFundsScale);
  if (!amount.ok()) return Invalid("funds", ReasonOf(amount.status()), ChineseOf(amount.status()));
  return *amount < 0 ? Invalid("funds", "FUNDS_NEGATIVE", "整改资金不能为负数") : absl::OkStatus();
}

absl::CivilDay EffectiveFrom(const v1::HazardTerm& term) {
  return calendar::FromProto(term.effective_date()).value_or(absl::CivilDay::min());
}

bool TakesPlaceOf(const v1::HazardTerm& held, const v1::HazardTerm& term) {
  const absl::CivilDay held_from = EffectiveFrom(held);
  const absl::CivilDay from = EffectiveFrom(term);
  return from != held_from ? from > held_from : term.name() < held.name();
}

}  // namespace

absl::Status Check(const v1::Hazard& next, absl::CivilDay today) {
  const std::optional<absl::CivilDay> found = calendar::FromProto(next.found_date());
  if (found && *found > today) return Invalid("found_date", "FOUND_IN_FUTURE", "发现日期不能晚于今天");
  if (!next.point().empty() && SchoolOf(next.point()) != SchoolOf(next.name())) {
    return Invalid("point", "POINT_OF_OTHER_SCHOOL", "点位不属于这所学校");
  }
  return absl::OkStatus();
}

absl::Status MayChange(const v1::Hazard& old, const v1::Hazard&) {
  return Finished(old) ? Refused("HAZARD_CLOSED", "隐患已销号，不能再修改") : absl::OkStatus();
}

absl::Status MayGradeHazard(const v1::Hazard& old, const v1::GradeHazardRequest& request) {
  if (old.listing() == v1::Hazard::LISTING_LISTED && request.grade() != v1::HAZARD_GRADE_MAJOR) {
    return Refused("HAZARD_LISTED", "挂牌督办的隐患须先摘牌才能降级");
  }
  const bool again = old.state() == v1::Hazard::STATE_REGISTERED && request.grade() == old.grade();
  if (WasAssigned(old) && request.grade() <= old.grade() && !again) {
    return Refused("HAZARD_GRADE_NOT_HIGHER", "已交办的隐患只能升级");
  }
  return absl::OkStatus();
}

void Regrade(const v1::Hazard& old, v1::Hazard& next) {
  if (WasAssigned(old)) DropPlan(next);
}

const v1::HazardTerm* ChooseTerm(v1::HazardGrade grade, const std::vector<v1::HazardTerm>& terms,
                                 const std::vector<std::string>& jurisdictions, absl::CivilDay today) {
  for (const std::string& jurisdiction : jurisdictions) {
    const std::string prefix = absl::StrCat(jurisdiction, "/");
    const v1::HazardTerm* best = nullptr;
    for (const v1::HazardTerm& term : terms) {
      if (term.grade() != grade || !absl::StartsWith(term.name(), prefix) || EffectiveFrom(term) > today) continue;
      if (best == nullptr || TakesPlaceOf(*best, term)) best = &term;
    }
    if (best != nullptr) return best;
  }
  return nullptr;
}

void RecountDue(const calendar::WorkingDays& days, int year, v1::Hazard& hazard) {
  const std::optional<absl::CivilDay> due = calendar::FromProto(hazard.due_date());
  const bool open = !Finished(hazard) && hazard.state() != v1::Hazard::STATE_VOID;
  if (!hazard.due_provisional() || !open || !due || due->year() < year) return;
  const std::optional<absl::CivilDay> first = calendar::FromProto(hazard.first_due_date());
  const absl::CivilDay registered = calendar::DayOf(TimeOf(hazard.create_time()));
  const absl::CivilDay next = days.Recounted(registered, *due, year);
  *hazard.mutable_due_date() = calendar::ToProto(next);
  if (first == due) *hazard.mutable_first_due_date() = hazard.due_date();
  hazard.set_due_provisional(!days.HasNoticesFor(absl::CivilDay(year, 1, 1), next));
}

void StartClock(absl::CivilDay due, bool provisional, v1::Hazard& hazard) {
  *hazard.mutable_due_date() = calendar::ToProto(due);
  hazard.set_due_provisional(provisional);
  if (!hazard.has_first_due_date()) *hazard.mutable_first_due_date() = hazard.due_date();
}

absl::Status MayReassignHazard(const v1::Hazard& old, const v1::ReassignHazardRequest& request) {
  if (StripBlanks(request.rectifier()) != StripBlanks(old.rectifier())) return absl::OkStatus();
  return Invalid("rectifier", "HAZARD_RECTIFIER_SAME", "整改责任没有变化");
}

void DropPlan(v1::Hazard& next) {
  next.clear_measures();
  next.clear_funds();
  next.clear_emergency_plan();
  EndExtension(next);
}

void EndAssignment(v1::Hazard& next) {
  next.clear_rectifier();
  DropPlan(next);
  StopClock(next);
}

absl::Status MayWithdrawHazardAssignment(const v1::Hazard& old, bool caller_upper_level) {
  return CheckEndsMajor(old, caller_upper_level);
}

absl::Status MayVoidHazard(const v1::Hazard& old, bool caller_upper_level) {
  RETURN_IF_ERROR(CheckEndsMajor(old, caller_upper_level));
  if (old.listing() != v1::Hazard::LISTING_LISTED) return absl::OkStatus();
  return Refused("HAZARD_LISTED", "挂牌督办的隐患须先摘牌才能作废");
}

absl::Status MayStartHazardRectification(const v1::Hazard& old, const v1::StartHazardRectificationRequest& request) {
  if (absl::Status status = CheckFunds(request.funds()); !status.ok()) return status;
  if (old.grade() != v1::HAZARD_GRADE_MAJOR) return absl::OkStatus();

  std::vector<absl::string_view> missing;
  if (IsBlank(old.rectifier())) missing.push_back("rectifier");
  if (IsBlank(request.has_measures() ? request.measures() : old.measures())) missing.push_back("measures");
  if ((request.has_funds() ? request.funds() : old.funds()).empty()) missing.push_back("funds");
  if (!calendar::IsValid(old.due_date())) missing.push_back("due_date");
  if (IsBlank(request.has_emergency_plan() ? request.emergency_plan() : old.emergency_plan())) {
    missing.push_back("emergency_plan");
  }
  if (missing.empty()) return absl::OkStatus();
  return Refused("FIVE_MEASURES_REQUIRED", "重大隐患整改须落实责任、措施、资金、时限、预案",
                 {{"missing", absl::StrJoin(missing, ",")}});
}

absl::Status MayExtendHazard(const v1::Hazard& old, const v1::ExtendHazardRequest& request, absl::CivilDay today) {
  return CheckLater("due_date", request.due_date(), old, today);
}

absl::Status MayRequestHazardExtension(const v1::Hazard& old, const v1::RequestHazardExtensionRequest& request,
                                       absl::CivilDay today) {
  return CheckLater("requested_due_date", request.requested_due_date(), old, today);
}

absl::Status MayRejectHazardExtension(const v1::Hazard& old) {
  return old.has_requested_due_date() ? absl::OkStatus() : Refused("EXTENSION_NOT_REQUESTED", "没有待答复的延期申请");
}

void EndExtension(v1::Hazard& next) {
  next.clear_requested_due_date();
  next.clear_extension_ground();
}

absl::Status MayPassHazardRecheck(const v1::Hazard& old, const v1::PassHazardRecheckRequest&, bool caller_upper_level) {
  if (old.grade() != v1::HAZARD_GRADE_MAJOR || caller_upper_level) return absl::OkStatus();
  return Denied("HIGHER_LEVEL_RECHECK_REQUIRED", "重大隐患须由上级复查通过");
}

absl::Status MayCloseHazard(const v1::Hazard& old) {
  if (old.listing() != v1::Hazard::LISTING_LISTED) return absl::OkStatus();
  return Refused("HAZARD_LISTED", "挂牌督办的隐患须先摘牌才能销号");
}

absl::Status MayListHazardForSupervision(const v1::Hazard& old) {
  if (old.grade() != v1::HAZARD_GRADE_MAJOR) return Refused("HAZARD_NOT_MAJOR", "只有重大隐患可以挂牌督办");
  if (old.state() == v1::Hazard::STATE_VOID) return Refused("HAZARD_VOID", "隐患已作废，不能挂牌");
  return Finished(old) ? Refused("HAZARD_CLOSED", "隐患已销号，不能再挂牌") : absl::OkStatus();
}

bool IsOverdue(const v1::Hazard& hazard, absl::CivilDay today) {
  const std::optional<absl::CivilDay> due = calendar::FromProto(hazard.due_date());
  return due && today > *due && !Finished(hazard) && hazard.state() != v1::Hazard::STATE_VOID;
}

}  // namespace edudelta::safety::domain
