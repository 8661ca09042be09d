#include "gateway/policy/decide.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/timestamp.h"
#include "edudelta/exchange/v1/agreement.pb.h"
#include "edudelta/exchange/v1/policy.pb.h"

namespace edudelta::gateway::policy {
namespace {

using describe::Covers;
using describe::CoversDistrict;
using describe::DistrictOf;
using describe::MethodKind;
using exchange::v1::Agreement;
using exchange::v1::PolicyAgreement;

template <typename Strings>
bool Contains(const Strings& strings, absl::string_view wanted) {
  return std::any_of(strings.begin(), strings.end(), [&](const std::string& s) { return s == wanted; });
}

const exchange::v1::DatasetGrant* GrantOf(const PolicyAgreement& agreement, absl::string_view dataset) {
  for (const auto& grant : agreement.content().datasets()) {
    if (grant.dataset() == dataset) return &grant;
  }
  return nullptr;
}

absl::Status AccountDisabled() {
  return Error(absl::StatusCode::kUnauthenticated, "ACCOUNT_DISABLED", "账号不存在或已停用");
}

// Whether the account and the token are good. A token of a later generation than the policy knows is newer than that.
absl::Status AccountHolds(const Snapshot& snapshot, const std::string& principal, std::int64_t token_generation) {
  const auto found = snapshot.principals.find(principal);
  if (found == snapshot.principals.end() || found->second->state() != exchange::v1::ACCOUNT_STATE_ACTIVE) {
    return AccountDisabled();
  }
  if (token_generation >= found->second->token_generation()) return absl::OkStatus();
  return Error(absl::StatusCode::kUnauthenticated, "TOKEN_ENDED", "登录已失效，请重新登录");
}

// How far an agreement lets the call come; the highest wins.
enum Stage { kNone, kRevoked, kExpired, kSuspended, kEarly, kDelivery, kPurpose, kCase, kPermits };

// Whether the agreement is in force.
Stage StageInForce(const PolicyAgreement& agreement, absl::Time now) {
  const auto& content = agreement.content();
  switch (agreement.state()) {
    case Agreement::STATE_REVOKED:
      return kRevoked;
    case Agreement::STATE_EXPIRED:
      return kExpired;
    case Agreement::STATE_SUSPENDED:
      return now >= TimeOf(content.end_time()) ? kExpired : kSuspended;
    case Agreement::STATE_ACTIVE:
      break;
    default:
      return kNone;
  }
  if (now >= TimeOf(content.end_time())) return kExpired;
  return now < TimeOf(content.start_time()) ? kEarly : kPermits;
}

Stage StageOf(const PolicyAgreement& agreement, const Ask& ask) {
  const Stage in_force = StageInForce(agreement, ask.now);
  if (in_force != kPermits) return in_force;
  const auto& content = agreement.content();
  if (content.delivery() != Agreement::DELIVERY_QUERY) return kDelivery;
  if (!Contains(content.purposes(), ask.purpose)) return kPurpose;
  if (content.case_number_required() && ask.case_number.empty()) return kCase;
  return kPermits;
}

absl::Status StatusOf(Stage stage, const Ask& ask, const PolicyAgreement* agreement) {
  Metadata metadata = {{"dataset", ask.dataset}};
  if (agreement != nullptr) metadata.emplace_back("agreement", agreement->name());
  switch (stage) {
    case kNone:
      return Denied("NO_AGREEMENT", "没有允许读取该数据集的共享协议", metadata);
    case kRevoked:
      return Denied("AGREEMENT_REVOKED", "共享协议已撤销", metadata);
    case kExpired:
      return Denied("AGREEMENT_EXPIRED", "共享协议已到期", metadata);
    case kSuspended:
      return Denied("AGREEMENT_SUSPENDED", "共享协议已中止", metadata);
    case kEarly:
      return Denied("AGREEMENT_NOT_YET_VALID", "共享协议尚未生效", metadata);
    case kDelivery:
      return Denied("METHOD_NOT_SHARED", "共享协议不允许以查询方式提供", metadata);
    case kPurpose:
      return Denied("PURPOSE_NOT_ALLOWED", "共享协议不允许该用途", metadata);
    case kCase:
      return Denied("CASE_NUMBER_REQUIRED", "共享协议要求在 Edudelta-Case-Number 中提供办件编号", metadata);
    case kPermits:
      return absl::OkStatus();
  }
  return absl::InternalError("no such stage");
}

bool IsStandardRead(MethodKind kind) {
  return kind == MethodKind::kGet || kind == MethodKind::kList || kind == MethodKind::kSearch ||
         kind == MethodKind::kExport;
}

bool IsShared(const Ask& ask) {
  if (ask.dataset.empty()) return false;
  return IsStandardRead(ask.kind) || ask.kind == MethodKind::kCustom;
}

// A district of GB/T 2260 as such is nobody's record; everything below it is its bureau's.
bool IsTenantOwned(const Ask& ask) {
  if (!absl::StartsWith(ask.target, "districts/")) return false;
  return !(ask.kind == MethodKind::kGet && ask.pattern == "districts/{district}");
}

bool IsOwn(const Snapshot& snapshot, const exchange::v1::PolicyPrincipal& principal, absl::string_view target) {
  for (const auto& binding : principal.bindings()) {
    if (Covers(binding.prefix(), target)) return true;
  }
  const auto organization = snapshot.organizations.find(principal.organization());
  if (organization == snapshot.organizations.end()) return false;
  const absl::string_view district = DistrictOf(target);
  return std::any_of(organization->second->districts().begin(), organization->second->districts().end(),
                     [&](const std::string& owned) { return CoversDistrict(owned, district); });
}

// Every role that the caller had is held as far as it was.
bool HoldsAsBefore(const exchange::v1::PolicyPrincipal& principal, const call::v1::Caller& before) {
  return std::all_of(before.bindings().begin(), before.bindings().end(), [&](const call::v1::Binding& had) {
    return std::any_of(principal.bindings().begin(), principal.bindings().end(),
                       [&](const auto& has) { return has.role() == had.role() && Covers(has.prefix(), had.prefix()); });
  });
}

void SetScope(const PolicyAgreement& agreement, const Ask& ask, call::v1::Caller* caller) {
  const auto* grant = GrantOf(agreement, ask.dataset);
  caller->clear_bindings();
  auto* scope = caller->mutable_scope();
  scope->set_agreement(agreement.name());
  scope->set_agreement_hash(absl::HexStringToBytes(agreement.content_hash()));
  scope->set_dataset(ask.dataset);
  *scope->mutable_fields() = grant->fields();
  scope->set_row_filter(grant->row_filter());
  *scope->mutable_districts() = agreement.content().provider_districts();
}

void DecidePartner(const Snapshot& snapshot, const Ask& ask, Decision* decision) {
  decision->access = Decision::Access::kPartner;
  decision->caller.clear_bindings();
  if (!IsShared(ask) || decision->district.empty()) {
    decision->status = Denied("METHOD_NOT_SHARED", "该操作不对其他区县开放", {{"target", ask.target}});
    return;
  }
  if (ask.purpose.empty()) {
    decision->status = Error(absl::StatusCode::kInvalidArgument, "PURPOSE_REQUIRED",
                             "读取其他区县的数据须在 Edudelta-Purpose 中说明用途");
    return;
  }
  Stage best = kNone;
  if (const auto found = snapshot.by_consumer.find(decision->caller.organization());
      found != snapshot.by_consumer.end()) {
    for (const auto& agreement : found->second) {
      if (!Contains(agreement->content().provider_districts(), decision->district)) continue;
      if (GrantOf(*agreement, ask.dataset) == nullptr) continue;
      const Stage stage = StageOf(*agreement, ask);
      if (stage <= best) continue;
      best = stage;
      decision->agreement = agreement;
    }
  }
  decision->status = StatusOf(best, ask, decision->agreement.get());
  if (decision->status.ok()) SetScope(*decision->agreement, ask, &decision->caller);
}

}  // namespace

Decision Decide(const Snapshot& snapshot, const Ask& ask) {
  Decision decision;
  decision.dataset = ask.dataset;
  decision.target = ask.target;
  const absl::string_view district = DistrictOf(ask.target);
  if (district != "-") decision.district = std::string(district);
  decision.token_generation = ask.token_generation;
  decision.status = AccountHolds(snapshot, ask.principal, ask.token_generation);
  if (!decision.status.ok()) return decision;
  const auto& principal = *snapshot.principals.at(ask.principal);
  auto& caller = decision.caller;
  caller.set_principal(principal.name());
  caller.set_kind(absl::StrContains(principal.name(), "/clients/") ? call::v1::Caller::KIND_CLIENT
                                                                   : call::v1::Caller::KIND_USER);
  caller.set_organization(principal.organization());
  caller.set_purpose(ask.purpose);
  caller.set_case_number(ask.case_number);
  for (const auto& binding : principal.bindings()) {
    auto* passed = caller.add_bindings();
    passed->set_role(binding.role());
    passed->set_prefix(binding.prefix());
  }
  if (principal.password_change_required() && !ask.changes_own_password) {
    decision.status = Denied("PASSWORD_CHANGE_REQUIRED", "口令由他人设置，须先改为自己的口令");
    return decision;
  }
  if (IsTenantOwned(ask) && !IsOwn(snapshot, principal, ask.target)) DecidePartner(snapshot, ask, &decision);
  return decision;
}

absl::Status StillHolds(const Snapshot& snapshot, const Decision& decision, absl::Time now) {
  absl::Status account = AccountHolds(snapshot, decision.caller.principal(), decision.token_generation);
  if (!account.ok()) return account;
  if (!decision.partner()) {
    const auto& principal = *snapshot.principals.at(decision.caller.principal());
    // Nobody's record, or the register's own caller as before.
    const bool own = decision.district.empty() || IsOwn(snapshot, principal, decision.target);
    if (own && HoldsAsBefore(principal, decision.caller)) return absl::OkStatus();
    return Denied("ROLE_CHANGED", "办理期间账号的权限已变更");
  }
  Ask ask;
  ask.dataset = decision.dataset;
  const auto agreement = snapshot.agreements.find(decision.agreement->name());
  if (agreement == snapshot.agreements.end() ||
      agreement->second->content_hash() != decision.agreement->content_hash()) {
    return StatusOf(kNone, ask, nullptr);
  }
  return StatusOf(StageInForce(*agreement->second, now), ask, agreement->second.get());
}

}  // namespace edudelta::gateway::policy
