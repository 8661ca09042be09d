// The steps of an agreement: what the domain decides, with the facts it needs.
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/resource/filter.h"
#include "exchange/api/rules.h"
#include "exchange/domain/agreement.h"
#include "exchange/domain/content.h"
#include "exchange/store/policy_version.h"

namespace edudelta::exchange::api {
namespace {

using google::protobuf::Message;
using resource::TransitionFacts;

// What the owning service will make of the filter: known, indexed, no personal field, values of the right kind.
absl::Status CheckRowFilter(service::Runtime& runtime, const v1::DatasetGrant& grant) {
  ASSIGN_OR_RETURN(std::unique_ptr<resource::Table> table,
                   resource::Table::Build(describe::FindDataset(grant.dataset()), runtime.codes()));
  ASSIGN_OR_RETURN(std::vector<resource::Condition> conditions, resource::ParseFilter(grant.row_filter()));
  return resource::FilterToSql(conditions, *table, runtime.cipher(), resource::Search::kNo, nullptr).status();
}

absl::Status MayPropose(service::Runtime& runtime, const v1::Agreement& old, v1::Agreement* next) {
  RETURN_IF_ERROR(domain::CheckTerm(old, runtime.clock().Now()));
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

absl::Status EndSuperseded(service::Runtime& runtime, const rpc::Call& call, db::Tx& tx, const std::string& method,
                           const v1::Agreement& next) {
  if (next.supersedes().empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(resource::Row row, LockAgreement(runtime, tx, next.supersedes()));
  const auto& old = static_cast<const v1::Agreement&>(*row.message);
  RETURN_IF_ERROR(domain::MaySupersede(next, old));
  RETURN_IF_ERROR(domain::MayEndSuperseded(old));
  v1::Agreement ended = old;
  ended.set_state(v1::Agreement::STATE_SUPERSEDED);
  std::string now;
  {
    ASSIGN_OR_RETURN(db::Rows rows, tx.Query("SELECT NOW(6)"));
    rows.Next();
    now = resource::After(rows.Text(0), row);
  }
  RETURN_IF_ERROR(
      tx.Execute("INSERT INTO `transition_log` (`resource`, `field`, `method`, `from_state`, `to_state`, `actor`, "
                 "`note`, `request_id`, `create_time`) VALUES (?, 'state', ?, ?, ?, ?, ?, '', ?)",
                 {old.name(), method, int64_t{old.state()}, int64_t{ended.state()}, call.caller.principal(),
                  next.name(), now})
          .status());
  RETURN_IF_ERROR(runtime.engine("exchange.Agreement").store().Replace(tx, now, row, ended));
  return store::RaisePolicyVersion(tx, old.name());
}

absl::Status CheckProvider(service::Runtime& runtime, db::Tx& tx, const v1::Agreement& next) {
  ASSIGN_OR_RETURN(v1::Organization provider, FindOrganization(runtime, tx, next.provider()));
  return domain::CheckDistricts(next, provider);
}

absl::Status MayResume(const rpc::Call& call, db::Tx& tx, const v1::Agreement& agreement) {
  RETURN_IF_ERROR(domain::ActsForParty(agreement, call.caller.organization()));
  ASSIGN_OR_RETURN(db::Rows rows, tx.Query("SELECT `actor` FROM `transition_log` WHERE `resource` = ? AND `method` = "
                                           "'SuspendAgreement' ORDER BY `row_id` DESC LIMIT 1",
                                           {agreement.name()}));
  return domain::MayResume(call.caller.organization(), rows.Next() ? rows.Text(0) : "");
}

absl::Status Step(service::Runtime& runtime, const rpc::Call& call, db::Tx& tx, const std::string& method,
                  v1::Agreement* next) {
  const std::string& organization = call.caller.organization();
  if (method == "ProposeAgreement") {
    RETURN_IF_ERROR(CheckProvider(runtime, tx, *next));
    if (next->supersedes().empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(resource::Row superseded, LockAgreement(runtime, tx, next->supersedes()));
    return domain::MaySupersede(*next, static_cast<const v1::Agreement&>(*superseded.message));
  }
  if (method == "SignAgreement") {
    RETURN_IF_ERROR(domain::ActsForParty(*next, organization));
    domain::AddSignature(organization, call.caller.principal(), runtime.clock().Now(), next);
    return absl::OkStatus();
  }
  if (method == "CountersignAgreement") {
    RETURN_IF_ERROR(domain::MayCountersign(*next, organization));
    RETURN_IF_ERROR(CheckProvider(runtime, tx, *next));
    domain::AddSignature(organization, call.caller.principal(), runtime.clock().Now(), next);
    return EndSuperseded(runtime, call, tx, method, *next);
  }
  if (method == "ResumeAgreement") return MayResume(call, tx, *next);
  if (method == "SuspendAgreement" || method == "RevokeAgreement") return domain::ActsForParty(*next, organization);
  return absl::OkStatus();
}

}  // namespace

resource::Rules AgreementRules(service::Runtime& runtime, PolicyHub& hub) {
  resource::Rules rules;
  rules.check = resource::Checking<v1::Agreement>(&domain::CheckShape);
  rules.may_change = resource::Changing<v1::Agreement>(&domain::MayChange);
  rules.may_take["ProposeAgreement"] = resource::Taking<v1::Agreement, v1::ProposeAgreementRequest>(
      [&runtime](const TransitionFacts&, const v1::Agreement& old, const v1::ProposeAgreementRequest&,
                 v1::Agreement* next) { return MayPropose(runtime, old, next); });
  rules.may_take["SignAgreement"] = resource::Taking<v1::Agreement, v1::SignAgreementRequest>(
      [&runtime](const TransitionFacts&, const v1::Agreement& old, const v1::SignAgreementRequest& request,
                 v1::Agreement*) -> absl::Status {
        RETURN_IF_ERROR(domain::CheckTerm(old, runtime.clock().Now()));
        return domain::MaySign(old, request.content_hash());
      });
  rules.may_take["CountersignAgreement"] = resource::Taking<v1::Agreement, v1::CountersignAgreementRequest>(
      [&runtime](const TransitionFacts&, const v1::Agreement& old, const v1::CountersignAgreementRequest& request,
                 v1::Agreement*) -> absl::Status {
        RETURN_IF_ERROR(domain::CheckTerm(old, runtime.clock().Now()));
        return domain::MaySign(old, request.content_hash());
      });
  rules.may_take["ResumeAgreement"] = resource::Taking<v1::Agreement, v1::ResumeAgreementRequest>(
      [&runtime](const TransitionFacts&, const v1::Agreement& old, const v1::ResumeAgreementRequest&, v1::Agreement*) {
        return domain::CheckTerm(old, runtime.clock().Now());
      });
  rules.may_take["ExpireAgreement"] = resource::Taking<v1::Agreement, v1::ExpireAgreementRequest>(
      [&runtime](const TransitionFacts&, const v1::Agreement& old, const v1::ExpireAgreementRequest&, v1::Agreement*) {
        return domain::MayExpire(old, runtime.clock().Now());
      });
  rules.in_transaction = [&runtime, &hub](const rpc::Call& call, db::Tx& tx, const std::string& method, const Message*,
                                          Message* message) -> absl::Status {
    auto* next = static_cast<v1::Agreement*>(message);
    RETURN_IF_ERROR(Step(runtime, call, tx, method, next));
    return RaisePolicy(hub, tx, next->name());
  };
  return rules;
}

}  // namespace edudelta::exchange::api
