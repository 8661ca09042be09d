#pragma once

#include "common/resource/resource.h"
#include "common/service/runtime.h"
#include "edudelta/exchange/v1/exchange.grpc.pb.h"
#include "exchange/api/policy_hub.h"
#include "exchange/api/recorder.h"
#include "exchange/api/settings.h"
#include "exchange/api/tokens.h"

namespace edudelta::exchange::api {

// One line per method: the index of the service. Methods without a body here are in api.cc.
class ExchangeApi final : public v1::ExchangeService::CallbackService {
 public:
  // All three outlive this; `settings` has a signer.
  ExchangeApi(service::Runtime& runtime, const Settings& settings, PolicyHub& hub);

  using Context = grpc::CallbackServerContext;
  using Unary = grpc::ServerUnaryReactor;

  Unary* GetOrganization(Context* c, const v1::GetOrganizationRequest* q, v1::Organization* r) override {
    return organizations_.Get(c, q, r);
  }
  Unary* ListOrganizations(Context* c,
                           const v1::ListOrganizationsRequest* q, v1::ListOrganizationsResponse* r) override {
    return organizations_.List(c, q, r);
  }
  Unary* CreateOrganization(Context* c, const v1::CreateOrganizationRequest* q, v1::Organization* r) override {
    return organizations_.Create(c, q, r);
  }
  Unary* UpdateOrganization(Context* c, const v1::UpdateOrganizationRequest* q, v1::Organization* r) override {
    return organizations_.Update(c, q, r);
  }
  Unary* GetClient(Context* c, const v1::GetClientRequest* q, v1::Client* r) override { return clients_.Get(c, q, r); }
  Unary* ListClients(Context* c, const v1::ListClientsRequest* q, v1::ListClientsResponse* r) override {
    return clients_.List(c, q, r);
  }
  Unary* CreateClient(Context* c, const v1::CreateClientRequest* q, v1::Client* r) override {
    return clients_.Create(c, q, r);
  }
  Unary* UpdateClient(Context* c, const v1::UpdateClientRequest* q, v1::Client* r) override {
    return clients_.Update(c, q, r);
  }
  Unary* GetUser(Context* c, const v1::GetUserRequest* q, v1::User* r) override { return users_.Get(c, q, r); }
  Unary* ListUsers(Context* c, const v1::ListUsersRequest* q, v1::ListUsersResponse* r) override {
    return users_.List(c, q, r);
  }
  Unary* CreateUser(Context* c, const v1::CreateUserRequest* q, v1::User* r) override { return users_.Create(c, q, r); }
  Unary* UpdateUser(Context* c, const v1::UpdateUserRequest* q, v1::User* r) override { return users_.Update(c, q, r); }
  Unary* GetAgreement(Context* c, const v1::GetAgreementRequest* q, v1::Agreement* r) override {
    return agreements_.Get(c, q, r);
  }
  Unary* ListAgreements(Context* c, const v1::ListAgreementsRequest* q, v1::ListAgreementsResponse* r) override {
    return agreements_.List(c, q, r);
  }
  Unary* CreateAgreement(Context* c, const v1::CreateAgreementRequest* q, v1::Agreement* r) override {
    return agreements_.Create(c, q, r);
  }
  Unary* UpdateAgreement(Context* c, const v1::UpdateAgreementRequest* q, v1::Agreement* r) override {
    return agreements_.Update(c, q, r);
  }
  Unary* GetAccessEntry(Context* c, const v1::GetAccessEntryRequest* q, v1::AccessEntry* r) override {
    return access_entries_.Get(c, q, r);
  }
  Unary* ListAccessEntries(Context* c,
                           const v1::ListAccessEntriesRequest* q, v1::ListAccessEntriesResponse* r) override {
    return access_entries_.List(c, q, r);
  }
  grpc::ServerWriteReactor<v1::ListAccessEntriesResponse>* ExportAccessEntries(Context* c,
                                                            const v1::ExportAccessEntriesRequest* q) override {
    return access_entries_.Export<v1::ListAccessEntriesResponse>(c, q);
  }
  Unary* DisableClient(Context* c, const v1::DisableClientRequest* q, v1::Client* r) override {
    return clients_.Take(c, q, r);
  }
  Unary* EnableClient(Context* c, const v1::EnableClientRequest* q, v1::Client* r) override {
    return clients_.Take(c, q, r);
  }
  Unary* DisableUser(Context* c, const v1::DisableUserRequest* q, v1::User* r) override { return users_.Take(c, q, r); }
  Unary* EnableUser(Context* c, const v1::EnableUserRequest* q, v1::User* r) override { return users_.Take(c, q, r); }
  Unary* ProposeAgreement(Context* c, const v1::ProposeAgreementRequest* q, v1::Agreement* r) override {
    return agreements_.Take(c, q, r);
  }
  Unary* SignAgreement(Context* c, const v1::SignAgreementRequest* q, v1::Agreement* r) override {
    return agreements_.Take(c, q, r);
  }
  Unary* CountersignAgreement(Context* c, const v1::CountersignAgreementRequest* q, v1::Agreement* r) override {
    return agreements_.Take(c, q, r);
  }
  Unary* SuspendAgreement(Context* c, const v1::SuspendAgreementRequest* q, v1::Agreement* r) override {
    return agreements_.Take(c, q, r);
  }
  Unary* ResumeAgreement(Context* c, const v1::ResumeAgreementRequest* q, v1::Agreement* r) override {
    return agreements_.Take(c, q, r);
  }
  Unary* RevokeAgreement(Context* c, const v1::RevokeAgreementRequest* q, v1::Agreement* r) override {
    return agreements_.Take(c, q, r);
  }
  Unary* ExpireAgreement(Context* c, const v1::ExpireAgreementRequest* q, v1::Agreement* r) override {
    return agreements_.Take(c, q, r);
  }
  Unary* RotateClientSecret(Context* c,
                            const v1::RotateClientSecretRequest* q, v1::RotateClientSecretResponse* r) override;
  Unary* SetUserPassword(Context* c, const v1::SetUserPasswordRequest* q, v1::SetUserPasswordResponse* r) override;
  Unary* IssueToken(Context* c, const v1::IssueTokenRequest* q, v1::IssueTokenResponse* r) override;
  Unary* Record(Context* c, const v1::RecordRequest* q, v1::RecordResponse* r) override;
  grpc::ServerWriteReactor<v1::PolicyUpdate>* WatchPolicy(Context* c, const v1::WatchPolicyRequest* q) override;

 private:
  service::Runtime& runtime_;
  resource::Resource<v1::Organization> organizations_;
  resource::Resource<v1::Client> clients_;
  resource::Resource<v1::User> users_;
  resource::Resource<v1::Agreement> agreements_;
  resource::Resource<v1::AccessEntry> access_entries_;
  PolicyHub& hub_;
  Tokens tokens_;
  Recorder recorder_;
};

}  // namespace edudelta::exchange::api
