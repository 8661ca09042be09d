#include "exchange/api/rules.h"

#include <algorithm>
#include <type_traits>

#include "common/base/error.h"
#include "common/base/status.h"
#include "common/codes/format.h"
#include "edudelta/exchange/v1/agreement.pb.h"
#include "edudelta/exchange/v1/client.pb.h"
#include "edudelta/exchange/v1/organization.pb.h"
#include "edudelta/exchange/v1/types.pb.h"
#include "edudelta/exchange/v1/user.pb.h"
#include "exchange/domain/account.h"
#include "exchange/store/policy_version.h"
#include "exchange/store/secrets.h"

namespace edudelta::exchange::api {
namespace {

using google::protobuf::Message;

bool Has(const google::protobuf::RepeatedPtrField<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// A district with a running agreement stays with the organisation that signed it.
absl::Status MayGiveUp(service::Runtime& runtime, db::Tx& tx, const v1::Organization& old,
                       const v1::Organization& next) {
  if (std::all_of(old.districts().begin(), old.districts().end(),
                  [&](const auto& one) { return Has(next.districts(), one); })) {
    return absl::OkStatus();
  }
  resource::Store::Read read;
  read.where.And("`provider` = ? AND `state` BETWEEN ? AND ?",
                 {next.name(), int64_t{v1::Agreement::STATE_PROPOSED}, int64_t{v1::Agreement::STATE_SUSPENDED}});
  ASSIGN_OR_RETURN(std::vector<resource::Row> rows, runtime.engine("exchange.Agreement").store().Page(tx, read, {}, 0));
  for (const resource::Row& row : rows) {
    const auto& agreement = static_cast<const v1::Agreement&>(*row.message);
    for (const std::string& district : agreement.provider_districts()) {
      if (Has(next.districts(), district)) continue;
      return Refused("DISTRICT_IN_AGREEMENT", "区划还在未结束的协议中",
                     {{"district", district}, {"agreement", agreement.name()}});
    }
  }
  return absl::OkStatus();
}

absl::Status WriteOrganization(service::Runtime& runtime, const rpc::Call& call, db::Tx& tx,
                               const v1::Organization* old, const v1::Organization& next) {
  RETURN_IF_ERROR(domain::MayAssignDistricts(call.caller, old, next));
  ASSIGN_OR_RETURN(std::vector<resource::Row> rows,
                   runtime.engine("exchange.Organization").store().Page(tx, {}, {}, 0));
  std::vector<v1::Organization> others;
  for (const resource::Row& row : rows) others.push_back(static_cast<const v1::Organization&>(*row.message));
  RETURN_IF_ERROR(domain::MayOwn(next, others));
  return old == nullptr ? absl::OkStatus() : MayGiveUp(runtime, tx, *old, next);
}

template <typename Account>
constexpr store::SecretKind KindOf() {
  return std::is_same_v<Account, v1::Client> ? store::SecretKind::kClientSecret : store::SecretKind::kUserPassword;
}

template <typename Account>
resource::Rules AccountRules(service::Runtime& runtime, PolicyHub& hub) {
  resource::Rules rules;
  rules.check = [](const Message& next, absl::CivilDay) {
    return domain::CheckBindings(static_cast<const Account&>(next).bindings());
  };
  rules.in_transaction = [&runtime, &hub](const rpc::Call& call, db::Tx& tx, const Message* before,
                                          Message* after) -> absl::Status {
    const Account& old = before == nullptr ? Account::default_instance() : static_cast<const Account&>(*before);
    const auto& next = static_cast<const Account&>(*after);
    ASSIGN_OR_RETURN(v1::Organization organization,
                     FindOrganization(runtime, tx, std::string(domain::OrganizationOf(next.name()))));
    for (const v1::RoleBinding& binding : domain::Added(old.bindings(), next.bindings())) {
      RETURN_IF_ERROR(domain::MayGrant(call.caller, organization, next.name(), binding));
    }
    // Enabled again, it signs in anew.
    if (before != nullptr && next.state() == v1::ACCOUNT_STATE_DISABLED && old.state() != next.state()) {
      RETURN_IF_ERROR(store::EndTokens(tx, KindOf<Account>(), next.name()));
    }
    return RaisePolicy(hub, tx, next.name());
  };
  return rules;
}

}  // namespace

absl::StatusOr<v1::Organization> FindOrganization(service::Runtime& runtime, db::Tx& tx, const std::string& name) {
  resource::Engine& engine = runtime.engine("exchange.Organization");
  const auto ids = describe::ParseName(engine.table().pattern(), name);
  std::vector<resource::Row> rows;
  // Locked: its districts must not move before this transaction has decided by them.
  if (ids) {
    ASSIGN_OR_RETURN(rows, engine.store().Lock(tx, {resource::Ids(ids->begin(), ids->end())}));
  }
  if (rows.empty()) return Refused("REFERENCE_NOT_FOUND", "没有这个组织", {{"name", name}});
  return static_cast<const v1::Organization&>(*rows[0].message);
}

absl::Status RaisePolicy(PolicyHub& hub, db::Tx& tx, const std::string& name) {
  RETURN_IF_ERROR(store::RaisePolicyVersion(tx, name));
  hub.Touch();
  return absl::OkStatus();
}

resource::Rules OrganizationRules(service::Runtime& runtime, PolicyHub& hub) {
  resource::Rules rules;
  rules.check = [](const Message& message, absl::CivilDay today) -> absl::Status {
    const auto& next = static_cast<const v1::Organization&>(message);
    for (const std::string& district : next.districts()) {
      if (district.empty()) return Invalid("districts", "DISTRICT_CODE_FORMAT", "行政区划代码应为6位数字");
      RETURN_IF_ERROR(codes::CheckFormat(options::v1::Field::DISTRICT_CODE, "districts", district, today));
    }
    return domain::Check(next);
  };
  rules.in_transaction = [&runtime, &hub](const rpc::Call& call, db::Tx& tx, const Message* old,
                                          Message* next) -> absl::Status {
    const auto& organization = static_cast<const v1::Organization&>(*next);
    // First, because it makes the writers of organisations wait for one another.
    RETURN_IF_ERROR(RaisePolicy(hub, tx, organization.name()));
    return WriteOrganization(runtime, call, tx, static_cast<const v1::Organization*>(old), organization);
  };
  return rules;
}

resource::Rules ClientRules(service::Runtime& runtime, PolicyHub& hub) {
  return AccountRules<v1::Client>(runtime, hub);
}

resource::Rules UserRules(service::Runtime& runtime, PolicyHub& hub) { return AccountRules<v1::User>(runtime, hub); }

}  // namespace edudelta::exchange::api
