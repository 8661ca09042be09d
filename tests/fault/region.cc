#include "tests/fault/region.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "edudelta/exchange/v1/agreement.pb.h"
#include "edudelta/exchange/v1/client.pb.h"
#include "edudelta/exchange/v1/exchange.pb.h"
#include "edudelta/exchange/v1/organization.pb.h"
#include "edudelta/exchange/v1/user.pb.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "edudelta/planning/v1/school.pb.h"
#include "tests/fault/http.h"
#include "tests/fault/partner.h"

namespace edudelta::fault {
namespace {

namespace v1 = exchange::v1;

constexpr absl::Duration kReadyWithin = absl::Seconds(60);

call::v1::Caller Officer(const std::string& organization) {
  return User(organization + "/users/officer", {options::v1::ROLE_AGREEMENT_OFFICER}, organization);
}

std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const unsigned char c : text) {
    if (absl::ascii_isalnum(c)) {
      escaped.push_back(static_cast<char>(c));
    } else {
      absl::StrAppend(&escaped, absl::StrFormat("%%%02X", c));
    }
  }
  return escaped;
}

}  // namespace

Region::Region(int schools) {
  MakeAgreement();
  MakeSchools(schools);
}

void Region::MakeAgreement() {
  const auto call = [this](const char* method, const call::v1::Caller& caller, const google::protobuf::Message& request,
                           google::protobuf::Message* response) {
    suite_.Ask(MethodOf(v1::Organization::descriptor(), method), caller, request, response);
  };
  for (const auto& [id, district] : {std::pair("jiading", "310114"), std::pair("kunshan", "320583")}) {
    v1::CreateOrganizationRequest request;
    request.set_organization_id(id);
    request.mutable_organization()->set_display_name(id);
    request.mutable_organization()->set_kind(v1::Organization::KIND_BUREAU);
    request.mutable_organization()->add_districts(district);
    v1::Organization made;
    call("CreateOrganization", Administrator(), request, &made);
  }
  v1::CreateClientRequest client;
  client.set_parent("organizations/kunshan");
  client.set_client_id("fault");
  client.mutable_client()->set_display_name("演练客户端");
  v1::Client made;
  call("CreateClient", Administrator(), client, &made);
  v1::RotateClientSecretRequest rotate;
  rotate.set_name(made.name());
  v1::RotateClientSecretResponse secret;
  call("RotateClientSecret", Administrator(), rotate, &secret);
  client_id_ = secret.client_id();
  client_secret_ = secret.client_secret();

  v1::CreateAgreementRequest draft;
  draft.set_agreement_id("fault");
  v1::Agreement& agreement = *draft.mutable_agreement();
  agreement.set_display_name("学校基本情况共享");
  agreement.set_provider("organizations/jiading");
  agreement.set_consumer("organizations/kunshan");
  agreement.add_provider_districts("310114");
  v1::DatasetGrant* grant = agreement.add_datasets();
  grant->set_dataset("planning.School");
  for (const char* field : {"display_name", "kind", "holder", "urban_rural", "state"}) grant->add_fields(field);
  agreement.add_purposes("BALANCE_EVALUATION");
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  agreement.mutable_start_time()->set_seconds(now - 60);
  agreement.mutable_end_time()->set_seconds(now + 30 * 86400);
  agreement.set_daily_call_quota(100000000);
  agreement.set_daily_record_quota(2000000000);
  agreement.set_retention_days(30);
  agreement.set_delivery(v1::Agreement::DELIVERY_QUERY);
  agreement.set_legal_ground("政务数据共享条例");
  v1::Agreement current;
  call("CreateAgreement", Officer("organizations/jiading"), draft, &current);
  v1::ProposeAgreementRequest propose;
  propose.set_name(current.name());
  call("ProposeAgreement", Officer("organizations/jiading"), propose, &current);
  v1::SignAgreementRequest sign;
  sign.set_name(current.name());
  sign.set_content_hash(current.content_hash());
  call("SignAgreement", Officer("organizations/jiading"), sign, &current);
  v1::CountersignAgreementRequest countersign;
  countersign.set_name(current.name());
  countersign.set_content_hash(current.content_hash());
  call("CountersignAgreement", Officer("organizations/kunshan"), countersign, &current);
}

void Region::MakeSchools(int count) {
  constexpr int kBatch = 500;
  const auto& method = MethodOf(planning::v1::School::descriptor(), "BatchCreateSchools");
  const auto clerk = User("organizations/jiading/users/clerk", {options::v1::ROLE_BUREAU_CLERK}, "districts/310114");
  for (int from = 0; from < count; from += kBatch) {
    planning::v1::BatchCreateSchoolsRequest request;
    request.set_parent("districts/310114");
    for (int i = from; i < std::min(count, from + kBatch); ++i) {
      planning::v1::CreateSchoolRequest& one = *request.add_requests();
      one.set_school_id(absl::StrFormat("2131%06d", i));
      one.mutable_school()->set_display_name(absl::StrCat(kSharedWord, i));
      one.mutable_school()->set_kind("211");
      one.mutable_school()->set_holder("831");
      one.mutable_school()->set_urban_rural("111");
    }
    planning::v1::BatchCreateSchoolsResponse made;
    suite_.Ask(method, clerk, request, &made);
  }
}

std::string Region::Token() {
  std::string token;
  const std::string form = absl::StrCat("grant_type=client_credentials&client_id=", Escaped(client_id_),
                                        "&client_secret=", Escaped(client_secret_));
  HttpAnswer answer;
  Await(kReadyWithin, [&] {
    answer =
        Exchange(port(), absl::StrCat("POST /oauth2/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: "
                                      "application/x-www-form-urlencoded\r\nContent-Length: ",
                                      form.size(), "\r\n\r\n", form));
    const std::string mark = "\"access_token\":\"";
    const size_t at = answer.body.find(mark);
    if (answer.status == 200 && answer.complete && at != std::string::npos) {
      token = answer.body.substr(at + mark.size());
      token = token.substr(0, token.find('"'));
    }
    return !token.empty();
  });
  if (token.empty())
    throw std::runtime_error(absl::StrCat("no token: ", answer.status, " ", answer.body, gateway().Log()));
  return token;
}

}  // namespace edudelta::fault
