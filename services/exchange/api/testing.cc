#include "exchange/api/testing.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "edudelta/exchange/v1/exchange.pb.h"
#include "edudelta/exchange/v1/organization.pb.h"
#include "edudelta/exchange/v1/user.pb.h"
#include "exchange/domain/content.h"

namespace edudelta::exchange::api {
namespace {

using service::Must;
using service::UserOf;

}  // namespace

TestParts::TestParts() {
  auto signer = crypto::TokenSigner::Generate();
  Must(signer.status());
  parts.settings.signer = std::make_shared<const crypto::TokenSigner>(*std::move(signer));
}

TestNode::TestNode(testing::Database& database, const db::Options* schema)
    : service::TestServer(MakeDefinition(parts, Key::kOptional), database, schema) {}

call::v1::Caller TestNode::Administrator() { return UserOf("operator", "admin", options::v1::ROLE_ADMINISTRATOR, "*"); }

call::v1::Caller TestNode::Officer(const std::string& organization, const std::string& user) {
  return UserOf(organization, user, options::v1::ROLE_AGREEMENT_OFFICER, absl::StrCat("organizations/", organization));
}

call::v1::Caller TestNode::Auditor(const std::string& prefix) {
  return UserOf("operator", "auditor", options::v1::ROLE_AUDITOR, prefix);
}

void TestNode::MakeParties() {
  const std::vector<std::pair<std::string, std::string>> parties = {{"jiading", "310114"}, {"kunshan", "320583"}};
  for (const auto& [id, district] : parties) {
    v1::CreateOrganizationRequest request;
    request.set_organization_id(id);
    request.mutable_organization()->set_display_name(id);
    request.mutable_organization()->set_kind(v1::Organization::KIND_BUREAU);
    request.mutable_organization()->add_districts(district);
    v1::Organization organization;
    Must(Call(Administrator(), "CreateOrganization", request, &organization));
    for (const char* user_id : {"officer", "deputy"}) {
      v1::CreateUserRequest user;
      user.set_parent(organization.name());
      user.set_user_id(user_id);
      user.mutable_user()->set_display_name(user_id);
      auto* binding = user.mutable_user()->add_bindings();
      binding->set_role(options::v1::ROLE_AGREEMENT_OFFICER);
      binding->set_prefix(organization.name());
      v1::User made;
      Must(Call(Administrator(), "CreateUser", user, &made));
    }
  }
}

v1::Agreement TestNode::Draft() const {
  v1::Agreement agreement;
  agreement.set_display_name("学校基本情况共享");
  agreement.set_provider("organizations/jiading");
  agreement.set_consumer("organizations/kunshan");
  agreement.add_provider_districts("310114");
  v1::DatasetGrant* grant = agreement.add_datasets();
  grant->set_dataset("planning.School");
  grant->add_fields("display_name");
  grant->add_fields("kind");
  grant->set_row_filter("kind = \"211\"");
  agreement.add_purposes("BALANCE_EVALUATION");
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  agreement.mutable_start_time()->set_seconds(now - 60);
  agreement.mutable_end_time()->set_seconds(now + 365 * 86400);
  agreement.set_daily_call_quota(1000000);
  agreement.set_daily_record_quota(100000000);
  agreement.set_retention_days(30);
  agreement.set_delivery(v1::Agreement::DELIVERY_QUERY);
  agreement.set_legal_ground("政务数据共享条例");
  return agreement;
}

absl::Status TestNode::Propose(const std::string& name, v1::Agreement* agreement) {
  v1::ProposeAgreementRequest request;
  request.set_name(name);
  return Call(Officer("jiading"), "ProposeAgreement", request, agreement);
}

absl::Status TestNode::Sign(const call::v1::Caller& caller, v1::Agreement* agreement) {
  v1::SignAgreementRequest request;
  request.set_name(agreement->name());
  request.set_content_hash(agreement->content_hash());
  return Call(caller, "SignAgreement", request, agreement);
}

absl::Status TestNode::Countersign(const call::v1::Caller& caller, v1::Agreement* agreement) {
  v1::CountersignAgreementRequest request;
  request.set_name(agreement->name());
  request.set_content_hash(agreement->content_hash());
  return Call(caller, "CountersignAgreement", request, agreement);
}

absl::Status TestNode::Revoke(const call::v1::Caller& caller, const std::string& name) {
  v1::RevokeAgreementRequest request;
  request.set_name(name);
  v1::Agreement agreement;
  return Call(caller, "RevokeAgreement", request, &agreement);
}

v1::Agreement TestNode::MakeAgreement(const std::string& id, v1::Agreement::State state,
                                      const std::string& supersedes) {
  v1::CreateAgreementRequest request;
  request.set_agreement_id(id);
  *request.mutable_agreement() = Draft();
  request.mutable_agreement()->set_supersedes(supersedes);
  v1::Agreement agreement;
  Must(Call(Officer("jiading"), "CreateAgreement", request, &agreement));
  if (state == v1::Agreement::STATE_DRAFT) return agreement;
  Must(Propose(agreement.name(), &agreement));
  if (state == v1::Agreement::STATE_PROPOSED) return agreement;
  Must(Sign(Officer("jiading"), &agreement));
  if (state == v1::Agreement::STATE_SIGNED_BY_ONE) return agreement;
  Must(Countersign(Officer("kunshan"), &agreement));
  return agreement;
}

v1::RecordRequest TestNode::Access(const v1::Agreement& agreement, const std::string& request_id) {
  v1::RecordRequest request;
  request.set_principal("organizations/kunshan/clients/c");
  request.set_organization(agreement.consumer());
  request.set_request_id(request_id);
  request.set_agreement(agreement.name());
  request.set_agreement_hash(agreement.content_hash());
  request.set_purpose("BALANCE_EVALUATION");
  request.set_dataset("planning.School");
  request.set_method("edudelta.planning.v1.PlanningService.ListSchools");
  request.set_target("districts/310114");
  request.set_district("310114");
  request.add_fields("display_name");
  request.set_record_count(10);
  request.set_response_digest(std::string(32, 'd'));
  request.set_outcome(v1::AccessEntry::OUTCOME_ALLOWED);
  return request;
}

}  // namespace edudelta::exchange::api
