#include "exchange/api/policy_state.h"

#include <utility>

#include "absl/strings/match.h"
#include "common/base/status.h"
#include "edudelta/exchange/v1/agreement.pb.h"
#include "edudelta/exchange/v1/client.pb.h"
#include "edudelta/exchange/v1/organization.pb.h"
#include "edudelta/exchange/v1/user.pb.h"
#include "exchange/domain/account.h"
#include "exchange/domain/content.h"
#include "exchange/store/policy_version.h"
#include "exchange/store/secrets.h"

namespace edudelta::exchange::api {
namespace {

template <typename Account>
v1::PolicyPrincipal PrincipalOf(const Account& account, const store::Secret& secret) {
  v1::PolicyPrincipal principal;
  principal.set_name(account.name());
  principal.set_organization(std::string(domain::OrganizationOf(account.name())));
  principal.set_state(account.state());
  *principal.mutable_bindings() = account.bindings();
  principal.set_token_generation(secret.generation);
  principal.set_password_change_required(secret.change_required);
  return principal;
}

v1::PolicyOrganization OrganizationOf(const v1::Organization& organization) {
  v1::PolicyOrganization policy;
  policy.set_name(organization.name());
  *policy.mutable_districts() = organization.districts();
  return policy;
}

// A draft is nobody's business yet, and one that was withdrawn never was.
bool WasProposed(const v1::Agreement& agreement) {
  return agreement.state() != v1::Agreement::STATE_DRAFT && !agreement.content_hash().empty();
}

v1::PolicyAgreement AgreementOf(const v1::Agreement& agreement) {
  v1::PolicyAgreement policy;
  policy.set_name(agreement.name());
  policy.set_state(agreement.state());
  policy.set_content_hash(agreement.content_hash());
  *policy.mutable_content() = domain::ContentOf(agreement);
  return policy;
}

// Calls `each` for every row.
template <typename T, typename Each>
absl::Status ForAll(resource::Engine& engine, db::Session& session, Each each) {
  ASSIGN_OR_RETURN(std::vector<resource::Row> rows, engine.store().Page(session, {}, {}, 0));
  for (const resource::Row& row : rows) each(static_cast<const T&>(*row.message));
  return absl::OkStatus();
}

// Calls `each` when `name` is one of this type's and the row is there.
template <typename T, typename Each>
absl::Status ForOne(resource::Engine& engine, db::Session& session, const std::string& name, Each each) {
  const auto ids = describe::ParseName(engine.table().pattern(), name);
  if (!ids) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::optional<resource::Row> row,
                   engine.store().Find(session, resource::Ids(ids->begin(), ids->end()), {}));
  if (row) each(static_cast<const T&>(*row->message));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::PolicyUpdate> PolicyState::Refresh(db::Session& session) {
  ASSIGN_OR_RETURN(store::PolicyChanges changes, store::ReadPolicyChanges(session, version_));
  if (changes.lost) {
    RETURN_IF_ERROR(ReadAll(session));
    version_ = changes.version;
    return Snapshot();
  }
  v1::PolicyUpdate update;
  update.set_version(changes.version);
  for (const std::string& name : changes.names) RETURN_IF_ERROR(ReadOne(session, name, &update));
  version_ = changes.version;
  return update;
}

absl::Status PolicyState::ReadAll(db::Session& session) {
  // Anew: what a restored database does not have any more is nobody's policy.
  std::map<std::string, v1::PolicyPrincipal> principals;
  std::map<std::string, v1::PolicyOrganization> organizations;
  std::map<std::string, v1::PolicyAgreement> agreements;
  RETURN_IF_ERROR(ForAll<v1::Organization>(runtime_.engine("exchange.Organization"), session,
                                           [&](const auto& row) { organizations[row.name()] = OrganizationOf(row); }));
  RETURN_IF_ERROR(ReadAccounts<v1::Client>(session, "exchange.Client", store::SecretKind::kClientSecret, &principals));
  RETURN_IF_ERROR(ReadAccounts<v1::User>(session, "exchange.User", store::SecretKind::kUserPassword, &principals));
  RETURN_IF_ERROR(ForAll<v1::Agreement>(runtime_.engine("exchange.Agreement"), session, [&](const auto& row) {
    if (WasProposed(row)) agreements[row.name()] = AgreementOf(row);
  }));
  principals_ = std::move(principals);
  organizations_ = std::move(organizations);
  agreements_ = std::move(agreements);
  return absl::OkStatus();
}

template <typename Account>
absl::Status PolicyState::ReadAccounts(db::Session& session, const char* dataset, store::SecretKind kind,
                                       std::map<std::string, v1::PolicyPrincipal>* principals) {
  ASSIGN_OR_RETURN(const auto secrets, store::ReadSecrets(session, kind));
  return ForAll<Account>(runtime_.engine(dataset), session, [&](const auto& row) {
    const auto secret = secrets.find(row.name());
    (*principals)[row.name()] = PrincipalOf(row, secret == secrets.end() ? store::Secret() : secret->second);
  });
}

absl::Status PolicyState::ReadOne(db::Session& session, const std::string& name, v1::PolicyUpdate* update) {
  const bool client = absl::StrContains(name, "/clients/");
  ASSIGN_OR_RETURN(
      const auto secret,
      store::FindSecret(session, client ? store::SecretKind::kClientSecret : store::SecretKind::kUserPassword, name));
  const auto principal = [&](const auto& row) {
    *update->add_principals() = principals_[name] = PrincipalOf(row, secret.value_or(store::Secret()));
  };
  RETURN_IF_ERROR(ForOne<v1::Client>(runtime_.engine("exchange.Client"), session, name, principal));
  RETURN_IF_ERROR(ForOne<v1::User>(runtime_.engine("exchange.User"), session, name, principal));
  RETURN_IF_ERROR(ForOne<v1::Organization>(
      runtime_.engine("exchange.Organization"), session, name,
      [&](const auto& row) { *update->add_organizations() = organizations_[name] = OrganizationOf(row); }));
  return ForOne<v1::Agreement>(runtime_.engine("exchange.Agreement"), session, name, [&](const auto& row) {
    if (!WasProposed(row)) return;
    *update->add_agreements() = agreements_[name] = AgreementOf(row);
  });
}

v1::PolicyUpdate PolicyState::Snapshot() const {
  v1::PolicyUpdate update;
  update.set_snapshot(true);
  update.set_version(version_);
  for (const auto& [name, principal] : principals_) *update.add_principals() = principal;
  for (const auto& [name, organization] : organizations_) *update.add_organizations() = organization;
  for (const auto& [name, agreement] : agreements_) *update.add_agreements() = agreement;
  return update;
}

}  // namespace edudelta::exchange::api
