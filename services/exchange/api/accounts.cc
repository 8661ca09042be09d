// What accounts sign in with, and the first administrator.
#include "exchange/api/accounts.h"

#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/crypto/password.h"
#include "common/db/now.h"
#include "common/rpc/client.h"
#include "edudelta/exchange/v1/client.pb.h"
#include "edudelta/exchange/v1/organization.pb.h"
#include "edudelta/exchange/v1/types.pb.h"
#include "edudelta/exchange/v1/user.pb.h"
#include "exchange/api/definition.h"
#include "exchange/api/rules.h"
#include "exchange/domain/account.h"
#include "exchange/domain/password.h"
#include "exchange/store/secrets.h"

namespace edudelta::exchange::api {
namespace {

using store::SecretKind;

constexpr char kOperator[] = "organizations/operator";
constexpr char kAdmin[] = "organizations/operator/users/admin";

template <typename Account>
absl::Status MaySetSecret(service::Runtime& runtime, const rpc::Call& call, const std::string& dataset,
                          const std::string& name) {
  RETURN_IF_ERROR(service::Authorize(call, name));
  ASSIGN_OR_RETURN(resource::Row row, runtime.engine(dataset).reader().Load(call, name));
  ASSIGN_OR_RETURN(resource::Row owner,
                   runtime.engine("exchange.Organization").reader().Load(call, domain::OrganizationOf(name)));
  const auto& organization = static_cast<const v1::Organization&>(*owner.message);
  for (const v1::RoleBinding& binding : static_cast<const Account&>(*row.message).bindings()) {
    RETURN_IF_ERROR(domain::MayAdminister(call.caller, organization, binding));
  }
  return absl::OkStatus();
}

absl::Status StoreSecret(service::Runtime& runtime, PolicyHub& hub, const rpc::Call& call, SecretKind kind,
                         const std::string& name, const std::string& secret, bool change_required) {
  const std::string hash = crypto::HashPassword(secret);
  return runtime.pool().Transact(call.deadline, [&](db::Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(store::SetSecret(tx, kind, name, hash, change_required));
    return RaisePolicy(hub, tx, name);
  });
}

absl::Status Ignore(const absl::Status& status, absl::StatusCode code) {
  return status.code() == code ? absl::OkStatus() : status;
}

}  // namespace

absl::StatusOr<v1::RotateClientSecretResponse> RotateSecret(service::Runtime& runtime, PolicyHub& hub,
                                                            const rpc::Call& call,
                                                            const v1::RotateClientSecretRequest& request) {
  RETURN_IF_ERROR(MaySetSecret<v1::Client>(runtime, call, "exchange.Client", request.name()));
  v1::RotateClientSecretResponse response;
  response.set_client_id(request.name());
  response.set_client_secret(RandomHex(32));
  RETURN_IF_ERROR(
      StoreSecret(runtime, hub, call, SecretKind::kClientSecret, request.name(), response.client_secret(), false));
  return response;
}

absl::Status SetPassword(service::Runtime& runtime, PolicyHub& hub, const rpc::Call& call,
                         const v1::SetUserPasswordRequest& request) {
  RETURN_IF_ERROR(MaySetSecret<v1::User>(runtime, call, "exchange.User", request.name()));
  if (call.caller.principal() == request.name()) {
    return Denied("PASSWORD_OWN", "自己的口令不能重设，请用 :changePassword 并给出原口令");
  }
  RETURN_IF_ERROR(domain::CheckPassword(request.password(), request.name()));
  return StoreSecret(runtime, hub, call, SecretKind::kUserPassword, request.name(), request.password(),
                     !request.lasting());
}

absl::Status BootstrapAdmin(service::Runtime& runtime, const std::string& password_file) {
  std::ifstream file(password_file);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return Refused("PASSWORD_FILE_UNREADABLE", "不能读口令文件");
  const std::string password(absl::StripTrailingAsciiWhitespace(text.str()));
  RETURN_IF_ERROR(domain::CheckPassword(password, kAdmin));

  rpc::Call call;
  call.caller = rpc::ServiceCaller("exchange");
  auto* binding = call.caller.add_bindings();
  binding->set_role(options::v1::ROLE_ADMINISTRATOR);
  binding->set_prefix("*");
  call.deadline = runtime.clock().Now() + absl::Seconds(30);
  const auto insert = [&](resource::Engine& engine, google::protobuf::Message* row) {
    return Ignore(runtime.pool().Transact(call.deadline,
                                          [&](db::Tx& tx) -> absl::Status {
                                            ASSIGN_OR_RETURN(const std::string now, db::Now(tx));
                                            return engine.writer().CreateAll(call, tx, now, {row});
                                          }),
                  absl::StatusCode::kAlreadyExists);
  };
  v1::Organization organization;
  organization.set_name(kOperator);
  organization.set_display_name("区域运营方");
  organization.set_kind(v1::Organization::KIND_BUREAU);
  RETURN_IF_ERROR(insert(runtime.engine("exchange.Organization"), &organization));
  v1::User user;
  user.set_name(kAdmin);
  user.set_display_name("系统管理员");
  auto* role = user.add_bindings();
  role->set_role(options::v1::ROLE_ADMINISTRATOR);
  role->set_prefix("*");
  RETURN_IF_ERROR(insert(runtime.engine("exchange.User"), &user));

  const std::string hash = crypto::HashPassword(password);
  return runtime.pool().Transact(call.deadline, [&](db::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const auto earlier, store::FindSecret(tx, SecretKind::kUserPassword, kAdmin));
    return earlier ? absl::OkStatus() : store::SetSecret(tx, SecretKind::kUserPassword, kAdmin, hash, false);
  });
}

}  // namespace edudelta::exchange::api
