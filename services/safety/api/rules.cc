#include "safety/api/rules.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/calendar/days.h"
#include "common/resource/rules.h"
#include "common/service/runtime.h"
#include "edudelta/safety/v1/hazard.pb.h"
#include "edudelta/safety/v1/hazard_term.pb.h"
#include "edudelta/safety/v1/patrol.pb.h"
#include "safety/domain/hazard.h"
#include "safety/domain/patrol.h"
#include "safety/store/terms.h"

namespace edudelta::safety::api {
namespace {

using google::protobuf::Message;
using resource::StepContext;
using v1::Hazard;

struct Due {
  absl::CivilDay day;
  bool provisional = false;
};

// When an assigned hazard is due: by grade and the nearest jurisdiction, in working days from today. Null when no term
// is laid down.
absl::StatusOr<std::optional<Due>> DueDate(service::Runtime& runtime, db::Tx& tx, const Hazard& hazard) {
  const std::string district(describe::DistrictOf(hazard.name()));
  ASSIGN_OR_RETURN(const std::vector<v1::HazardTerm> terms,
                   store::ReadTerms(tx, runtime.engine("safety.HazardTerm").store(), district));
  const v1::HazardTerm* term =
      domain::ChooseTerm(hazard.grade(), terms, describe::Jurisdictions(district), calendar::Today(runtime.clock()));
  if (term == nullptr) return std::nullopt;
  const calendar::WorkingDays& days = runtime.working_days();
  const absl::CivilDay today = calendar::Today(runtime.clock());
  const absl::CivilDay due = days.Add(today, term->working_days());
  return Due{due, !days.HasNoticesFor(today, due)};
}

}  // namespace

resource::Rules PatrolRules(service::Runtime& runtime) {
  resource::Rules rules;
  rules.check = [&runtime](const Message& next, absl::CivilDay) {
    return domain::Check(static_cast<const v1::Patrol&>(next), runtime.clock().Now());
  };
  return rules;
}

resource::Rules HazardTermRules(service::Runtime& runtime) {
  resource::Rules rules;
  rules.start = [&runtime](Message* next) {
    auto* term = static_cast<v1::HazardTerm*>(next);
    if (term->has_effective_date()) return;
    *term->mutable_effective_date() = calendar::ToProto(calendar::Today(runtime.clock()));
  };
  return rules;
}

resource::Rules HazardRules(service::Runtime& runtime) {
  resource::Rules rules;
  rules.check = resource::Checking<Hazard>(&domain::Check);
  rules.may_change = resource::Changing<Hazard>(&domain::MayChange);
  rules.derive = [](Message* message, absl::CivilDay today) {
    auto* hazard = static_cast<Hazard*>(message);
    hazard->set_overdue(domain::IsOverdue(*hazard, today));
  };
  rules.On<v1::GradeHazardRequest, Hazard>(
      [](const StepContext&, const Hazard& old, const v1::GradeHazardRequest& request, Hazard* next) -> absl::Status {
        RETURN_IF_ERROR(domain::MayGradeHazard(old, request));
        domain::Regrade(old, *next);
        return absl::OkStatus();
      });
  rules.On<v1::AssignHazardRequest, Hazard, std::optional<Due>>(
      [&runtime](const rpc::Call&, db::Tx& tx, const Hazard& old, const v1::AssignHazardRequest&) {
        return DueDate(runtime, tx, old);
      },
      [](const StepContext&, const Hazard&, const v1::AssignHazardRequest&, const std::optional<Due>& due,
         Hazard* next) -> absl::Status {
        if (!due) return Refused("HAZARD_TERM_MISSING", "没有规定该等级隐患的整改期限");
        domain::StartClock(due->day, due->provisional, *next);
        return absl::OkStatus();
      });
  rules.On<v1::ReassignHazardRequest, Hazard>([](const StepContext&, const Hazard& old,
                                                 const v1::ReassignHazardRequest& request,
                                                 Hazard* next) -> absl::Status {
    RETURN_IF_ERROR(domain::MayReassignHazard(old, request));
    domain::DropPlan(*next);
    return absl::OkStatus();
  });
  rules.On<v1::WithdrawHazardAssignmentRequest, Hazard>([](const StepContext& context, const Hazard& old,
                                                           const v1::WithdrawHazardAssignmentRequest&,
                                                           Hazard* next) -> absl::Status {
    RETURN_IF_ERROR(domain::MayWithdrawHazardAssignment(old, context.from_above));
    domain::EndAssignment(*next);
    return absl::OkStatus();
  });
  rules.On<v1::VoidHazardRequest, Hazard>(
      [](const StepContext& context, const Hazard& old, const v1::VoidHazardRequest&, Hazard* next) -> absl::Status {
        RETURN_IF_ERROR(domain::MayVoidHazard(old, context.from_above));
        domain::EndAssignment(*next);
        return absl::OkStatus();
      });
  rules.On<v1::StartHazardRectificationRequest, Hazard>(
      [](const StepContext&, const Hazard& old, const v1::StartHazardRectificationRequest& request, Hazard*) {
        return domain::MayStartHazardRectification(old, request);
      });
  rules.On<v1::RequestHazardExtensionRequest, Hazard>(
      [](const StepContext& context, const Hazard& old, const v1::RequestHazardExtensionRequest& request, Hazard*) {
        return domain::MayRequestHazardExtension(old, request, context.today);
      });
  rules.On<v1::RejectHazardExtensionRequest, Hazard>(
      [](const StepContext&, const Hazard& old, const v1::RejectHazardExtensionRequest&, Hazard* next) -> absl::Status {
        RETURN_IF_ERROR(domain::MayRejectHazardExtension(old));
        domain::EndExtension(*next);
        return absl::OkStatus();
      });
  rules.On<v1::ExtendHazardRequest, Hazard>([](const StepContext& context, const Hazard& old,
                                               const v1::ExtendHazardRequest& request, Hazard* next) -> absl::Status {
    RETURN_IF_ERROR(domain::MayExtendHazard(old, request, context.today));
    domain::EndExtension(*next);
    // A day that somebody names is not counted.
    next->set_due_provisional(false);
    return absl::OkStatus();
  });
  rules.On<v1::RequestHazardRecheckRequest, Hazard>(
      [](const StepContext&, const Hazard&, const v1::RequestHazardRecheckRequest&, Hazard* next) {
        domain::EndExtension(*next);
        return absl::OkStatus();
      });
  rules.On<v1::PassHazardRecheckRequest, Hazard>([](const StepContext& context, const Hazard& old,
                                                    const v1::PassHazardRecheckRequest& request,
                                                    Hazard* next) -> absl::Status {
    RETURN_IF_ERROR(domain::MayPassHazardRecheck(old, request, context.from_above));
    // The opinion of a recheck that was rejected before is not this one's.
    next->set_recheck_opinion(request.recheck_opinion());
    return absl::OkStatus();
  });
  rules.On<v1::CloseHazardRequest, Hazard>(
      [](const StepContext& context, const Hazard& old, const v1::CloseHazardRequest&, Hazard* next) -> absl::Status {
        RETURN_IF_ERROR(domain::MayCloseHazard(old));
        *next->mutable_close_date() = calendar::ToProto(context.today);
        return absl::OkStatus();
      });
  rules.On<v1::ListHazardForSupervisionRequest, Hazard>(
      [](const StepContext&, const Hazard& old, const v1::ListHazardForSupervisionRequest&, Hazard*) {
        return domain::MayListHazardForSupervision(old);
      });
  return rules;
}

std::vector<resource::Backfill> RecountsOfDueDates(const calendar::WorkingDays& days) {
  // Its notice was there before due dates could be provisional.
  constexpr int kFirstYear = 2026;
  std::vector<resource::Backfill> recounts;
  for (const int year : days.years()) {
    if (year <= kFirstYear) continue;
    recounts.push_back({absl::StrCat("recount_hazards_due_in_", year), "safety.Hazard", [days, year](Message* row) {
                          domain::RecountDue(days, year, *static_cast<Hazard*>(row));
                          return absl::OkStatus();
                        }});
  }
  return recounts;
}

}  // namespace edudelta::safety::api
