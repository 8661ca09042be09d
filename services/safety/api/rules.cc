#include "safety/api/rules.h"

#include "common/base/error.h"
#include "common/base/status.h"
#include "common/calendar/days.h"
#include "common/resource/rules.h"
#include "common/service/runtime.h"
#include "edudelta/safety/v1/safety.pb.h"
#include "safety/domain/hazard.h"
#include "safety/domain/patrol.h"
#include "safety/store/terms.h"

namespace edudelta::safety::api {
namespace {

using google::protobuf::Message;
using resource::Taking;
using resource::TransitionFacts;
using v1::Hazard;

// The due date of an assigned hazard, by grade and the nearest jurisdiction, in working days from today.
absl::Status StartClock(service::Runtime& runtime, db::Tx& tx, Hazard& hazard) {
  const std::string district = resource::DistrictOfName(hazard.name());
  ASSIGN_OR_RETURN(const std::vector<v1::HazardTerm> terms,
                   store::ReadTerms(tx, runtime.engine("safety.HazardTerm").store(), district));
  const v1::HazardTerm* term = domain::ChooseTerm(hazard.grade(), terms, describe::Jurisdictions(district));
  if (term == nullptr) return Refused("HAZARD_TERM_MISSING", "没有规定该等级隐患的整改期限");
  domain::StartClock(runtime.working_days().Add(calendar::Today(runtime.clock()), term->working_days()), hazard);
  return absl::OkStatus();
}

}  // namespace

resource::Rules PatrolRules(service::Runtime& runtime) {
  resource::Rules rules;
  rules.check = [&runtime](const Message& next, absl::CivilDay) {
    return domain::Check(static_cast<const v1::Patrol&>(next), runtime.clock().Now());
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
  rules.may_take["GradeHazard"] = Taking<Hazard, v1::GradeHazardRequest>(
      [](const TransitionFacts&, const Hazard& old, const v1::GradeHazardRequest& request, Hazard* next) {
        domain::Regrade(old, *next);
        return domain::MayGradeHazard(old, request);
      });
  rules.may_take["AssignHazard"] = Taking<Hazard, v1::AssignHazardRequest>(
      [](const TransitionFacts&, const Hazard& old, const v1::AssignHazardRequest& request, Hazard*) {
        return domain::MayAssignHazard(old, request);
      });
  rules.may_take["StartHazardRectification"] = Taking<Hazard, v1::StartHazardRectificationRequest>(
      [](const TransitionFacts&, const Hazard& old, const v1::StartHazardRectificationRequest& request, Hazard*) {
        return domain::MayStartHazardRectification(old, request);
      });
  rules.may_take["RequestHazardExtension"] = Taking<Hazard, v1::RequestHazardExtensionRequest>(
      [](const TransitionFacts& facts, const Hazard& old, const v1::RequestHazardExtensionRequest& request, Hazard*) {
        return domain::MayRequestHazardExtension(old, request, facts.today);
      });
  rules.may_take["RejectHazardExtension"] = Taking<Hazard, v1::RejectHazardExtensionRequest>(
      [](const TransitionFacts&, const Hazard& old, const v1::RejectHazardExtensionRequest&, Hazard* next) {
        domain::EndExtension(*next);
        return domain::MayRejectHazardExtension(old);
      });
  rules.may_take["ExtendHazard"] = Taking<Hazard, v1::ExtendHazardRequest>(
      [](const TransitionFacts& facts, const Hazard& old, const v1::ExtendHazardRequest& request, Hazard* next) {
        domain::EndExtension(*next);
        return domain::MayExtendHazard(old, request, facts.today);
      });
  rules.may_take["RequestHazardRecheck"] = Taking<Hazard, v1::RequestHazardRecheckRequest>(
      [](const TransitionFacts&, const Hazard&, const v1::RequestHazardRecheckRequest&, Hazard* next) {
        domain::EndExtension(*next);
        return absl::OkStatus();
      });
  rules.may_take["PassHazardRecheck"] = Taking<Hazard, v1::PassHazardRecheckRequest>(
      [](const TransitionFacts& facts, const Hazard& old, const v1::PassHazardRecheckRequest& request, Hazard*) {
        return domain::MayPassHazardRecheck(old, request, facts.from_above);
      });
  rules.may_take["RejectHazardRecheck"] = Taking<Hazard, v1::RejectHazardRecheckRequest>(
      [](const TransitionFacts&, const Hazard& old, const v1::RejectHazardRecheckRequest& request, Hazard*) {
        return domain::MayRejectHazardRecheck(old, request);
      });
  rules.may_take["CloseHazard"] = Taking<Hazard, v1::CloseHazardRequest>(
      [](const TransitionFacts& facts, const Hazard& old, const v1::CloseHazardRequest&, Hazard* next) {
        *next->mutable_close_date() = calendar::ToProto(facts.today);
        return domain::MayCloseHazard(old);
      });
  rules.may_take["ListHazardForSupervision"] = Taking<Hazard, v1::ListHazardForSupervisionRequest>(
      [](const TransitionFacts&, const Hazard& old, const v1::ListHazardForSupervisionRequest&, Hazard*) {
        return domain::MayListHazardForSupervision(old);
      });
  rules.in_transaction = [&runtime](const rpc::Call&, db::Tx& tx, const std::string& method, const Message*,
                                    Message* next) -> absl::Status {
    if (method != "AssignHazard") return absl::OkStatus();
    return StartClock(runtime, tx, *static_cast<Hazard*>(next));
  };
  return rules;
}

}  // namespace edudelta::safety::api
