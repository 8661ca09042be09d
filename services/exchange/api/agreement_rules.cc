// The steps of an agreement: what the domain decides, with the facts it needs.
#include <optional>

#include "common/base/error.h"
#include "common/base/status.h"
#include "common/resource/filter.h"
#include "edudelta/exchange/v1/agreement.pb.h"
#include "edudelta/exchange/v1/organization.pb.h"
#include "exchange/api/rules.h"
#include "exchange/domain/agreement.h"
#include "exchange/domain/content.h"
#include "exchange/store/policy_version.h"

namespace edudelta::exchange::api {
namespace {

using google::protobuf::Message;
using resource::StepContext;

// What the owning service will make of the filter: known, indexed, no personal field, values of the right kind.
absl::Status CheckRowFilter(service::Runtime& runtime, const v1::DatasetGrant& grant) {
  ASSIGN_OR_RETURN(std::unique_ptr<resource::Table> table,
                   resource::Table::Build(describe::FindDataset(grant.dataset()), runtime.codes()));
  ASSIGN_OR_RETURN(std::vector<resource::Condition> conditions, resource::ParseFilter(grant.row_filter()));
  return resource::FilterToSql(conditions, *table, runtime.cipher(), resource::Search::kNo, nullptr).status();
}

// What the content says, and the hash by which it is signed.
absl::Status CompleteProposal(service::Runtime& runtime, const v1::Agreement& old, v1::Agreement* next) {
  const v1::AgreementContent content = domain::ContentOf(old);
  RETURN_IF_ERROR(domain::CheckContent(
      content, {[&](absl::string_view code) { return runtime.codes().Contains("SHARING_PURPOSE", code); },
                [&](const v1::DatasetGrant& grant) { return CheckRowFilter(runtime, grant); }}));
  next->set_content_hash(domain::HashOf(content));
  next->clear_signatures();
  return absl::OkStatus();
}

absl::StatusOr<resource::Row> LockAgreement(service::Runtime& runtime, db::Tx& tx, const std::string& name) {
  resource::Engine& engine = runtime.engine("exchange.Agreement");
  const auto ids = describe::ParseName(engine.table().pattern(), name);
  std::vector<resource::Row> rows;
  if (ids) {
    ASSIGN_OR_RETURN(rows, engine.store().Lock(tx, {resource::Ids(ids->begin(), ids->end())}));
  }
  if (rows.empty()) return Refused("REFERENCE_NOT_FOUND", "没有被取代的协议", {{"name", name}});
  return std::move(rows[0]);
}

// Both parties and what is replaced, as they stand when the step is taken.
struct Parties {
  v1::Organization provider;
  std::optional<v1::Agreement> superseded;
};

absl::StatusOr<Parties> ReadParties(service::Runtime& runtime, db::Tx& tx, const v1::Agreement& agreement) {
  Parties parties;
  ASSIGN_OR_RETURN(parties.provider, FindOrganization(runtime, tx, agreement.provider()));
  if (!agreement.supersedes().empty()) {
    ASSIGN_OR_RETURN(resource::Row row, LockAgreement(runtime, tx, agreement.supersedes()));
    parties.superseded = static_cast<const v1::Agreement&>(*row.message);
  }
  return parties;
}

absl::Status MaySign(const StepContext& context, const v1::Agreement& old, const std::string& content_hash) {
  RETURN_IF_ERROR(domain::CheckTerm(old, context.now));
  return domain::MaySign(old, content_hash);
}

}  // namespace

resource::Rules AgreementRules(service::Runtime& runtime, PolicyHub& hub) {
  using v1::Agreement;
  resource::Rules rules;
  rules.check = resource::Checking<Agreement>(&domain::CheckShape);
  rules.may_change = resource::Changing<Agreement>(&domain::MayChange);
  const auto read_parties = [&runtime](const rpc::Call&, db::Tx& tx, const Agreement& old, const auto&) {
    return ReadParties(runtime, tx, old);
  };
  rules.On<v1::ProposeAgreementRequest, Agreement, Parties>(
      read_parties,
      [&runtime](const StepContext& context, const Agreement& old, const v1::ProposeAgreementRequest&,
                 const Parties& parties, Agreement* next) -> absl::Status {
        RETURN_IF_ERROR(domain::CheckTerm(old, context.now));
        RETURN_IF_ERROR(CompleteProposal(runtime, old, next));
        RETURN_IF_ERROR(domain::CheckDistricts(*next, parties.provider));
        return parties.superseded ? domain::MaySupersede(*next, *parties.superseded) : absl::OkStatus();
      });
  rules.On<v1::SignAgreementRequest, Agreement>([](const StepContext& context, const Agreement& old,
                                                   const v1::SignAgreementRequest& request,
                                                   Agreement* next) -> absl::Status {
    RETURN_IF_ERROR(MaySign(context, old, request.content_hash()));
    RETURN_IF_ERROR(domain::ActsForParty(*next, context.caller.organization()));
    domain::AddSignature(context.caller.organization(), context.caller.principal(), context.now, next);
    return absl::OkStatus();
  });
  rules.On<v1::CountersignAgreementRequest, Agreement, Parties>(
      read_parties,
      [](const StepContext& context, const Agreement& old, const v1::CountersignAgreementRequest& request,
         const Parties& parties, Agreement* next) -> absl::Status {
        RETURN_IF_ERROR(MaySign(context, old, request.content_hash()));
        RETURN_IF_ERROR(domain::MayCountersign(*next, context.caller.organization()));
        RETURN_IF_ERROR(domain::CheckDistricts(*next, parties.provider));
        if (parties.superseded) {
          RETURN_IF_ERROR(domain::MaySupersede(*next, *parties.superseded));
          RETURN_IF_ERROR(domain::MayEndSuperseded(*parties.superseded));
        }
        domain::AddSignature(context.caller.organization(), context.caller.principal(), context.now, next);
        return absl::OkStatus();
      });
  rules.On<v1::SuspendAgreementRequest, Agreement>(
      [](const StepContext& context, const Agreement& old, const v1::SuspendAgreementRequest&, Agreement*) {
        return domain::ActsForParty(old, context.caller.organization());
      });
  rules.On<v1::ResumeAgreementRequest, Agreement, std::string>(
      [&runtime](const rpc::Call&, db::Tx& tx, const Agreement& old, const auto&) {
        return runtime.engine("exchange.Agreement").steps().LastActor(tx, old.name(), "SuspendAgreement");
      },
      [](const StepContext& context, const Agreement& old, const v1::ResumeAgreementRequest&,
         const std::string& suspended_by, Agreement*) -> absl::Status {
        RETURN_IF_ERROR(domain::CheckTerm(old, context.now));
        RETURN_IF_ERROR(domain::ActsForParty(old, context.caller.organization()));
        return domain::MayResume(context.caller.organization(), suspended_by);
      });
  rules.On<v1::RevokeAgreementRequest, Agreement>(
      [](const StepContext& context, const Agreement& old, const v1::RevokeAgreementRequest&, Agreement*) {
        return domain::ActsForParty(old, context.caller.organization());
      });
  rules.On<v1::ExpireAgreementRequest, Agreement>([](const StepContext& context, const Agreement& old,
                                                     const v1::ExpireAgreementRequest&,
                                                     Agreement*) { return domain::MayExpire(old, context.now); });
  rules.On<v1::SupersedeAgreementRequest, Agreement, Agreement>(
      [&runtime](const rpc::Call&, db::Tx& tx, const Agreement&,
                 const v1::SupersedeAgreementRequest& request) -> absl::StatusOr<Agreement> {
        ASSIGN_OR_RETURN(const resource::Row successor, LockAgreement(runtime, tx, request.note()));
        return static_cast<const Agreement&>(*successor.message);
      },
      [](const StepContext&, const Agreement& old, const v1::SupersedeAgreementRequest&, const Agreement& successor,
         Agreement*) { return domain::MayBeSuperseded(old, successor); });
  rules.in_transaction = [&runtime, &hub](const rpc::Call& call, db::Tx& tx, const Message* before,
                                          Message* after) -> absl::Status {
    const auto& next = static_cast<const Agreement&>(*after);
    const bool begins = before != nullptr && next.state() == Agreement::STATE_ACTIVE &&
                        static_cast<const Agreement*>(before)->state() == Agreement::STATE_SIGNED_BY_ONE;
    if (begins && !next.supersedes().empty()) {
      v1::SupersedeAgreementRequest supersede;
      supersede.set_name(next.supersedes());
      supersede.set_note(next.name());
      RETURN_IF_ERROR(runtime.engine("exchange.Agreement").steps().Take(call, tx, supersede).status());
    }
    return RaisePolicy(hub, tx, next.name());
  };
  return rules;
}

}  // namespace edudelta::exchange::api
