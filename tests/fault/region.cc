#include "tests/fault/region.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/crypto/field_cipher.h"
#include "common/rpc/client.h"
#include "edudelta/exchange/v1/exchange.pb.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "tests/fault/partner.h"

namespace edudelta::fault {
namespace {

namespace v1 = exchange::v1;

constexpr absl::Duration kReadyWithin = absl::Seconds(60);

void Must(const absl::Status& status) {
  if (!status.ok()) throw std::runtime_error(absl::StrCat(ReasonOf(status), ": ", std::string(status.message())));
}

call::v1::Caller User(const std::string& name, options::v1::Role role, const std::string& prefix) {
  call::v1::Caller caller;
  caller.set_principal(name);
  caller.set_organization(name.substr(0, name.find("/users/")));
  caller.set_kind(call::v1::Caller::KIND_USER);
  auto* binding = caller.add_bindings();
  binding->set_role(role);
  binding->set_prefix(prefix);
  return caller;
}

call::v1::Caller Administrator() {
  return User("organizations/operator/users/admin", options::v1::ROLE_ADMINISTRATOR, "*");
}

call::v1::Caller Officer(const std::string& organization) {
  return User(organization + "/users/officer", options::v1::ROLE_AGREEMENT_OFFICER, organization);
}

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& socket) {
  rpc::PeerOptions peer;
  peer.address = "unix:" + socket;
  auto channel = rpc::Connect(peer);
  Must(channel.status());
  return *channel;
}

// Waits until the service is there.
void Call(const std::shared_ptr<grpc::Channel>& channel, const google::protobuf::ServiceDescriptor* service,
          const char* method, const call::v1::Caller& caller, const google::protobuf::Message& request,
          google::protobuf::Message* response) {
  absl::Status status;
  Await(kReadyWithin, [&] {
    rpc::Context context(caller, absl::Now() + kReadyWithin, "");
    status = rpc::Invoke(*channel, *service->FindMethodByName(method), context, request, response);
    return !absl::IsUnavailable(status);
  });
  Must(status);
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
  const db::Options registers = database_.CreateSchema();
  const db::Options evidence = database_.CreateSchema();
  auto pool = db::Pool::Create(evidence, registry_);
  Must(pool.status());
  pool_ = *std::move(pool);
  planning_ = MakeService("planning", EDUDELTA_PLANNING, registers, {});
  const std::string key = folder_.path() + "/token.pem";
  Program maker(EDUDELTA_EXCHANGE, {}, folder_.path() + "/key.log");
  if (maker.Run({"--generate-token-key", key}) != 0) throw std::runtime_error(maker.Log());
  exchange_ = MakeService("exchange", EDUDELTA_EXCHANGE, evidence, {"EDUDELTA_TOKEN_KEY_FILE=" + key});
  MakeAgreement();
  MakeSchools(schools);
  MakeGateway();
}

std::unique_ptr<Program> Region::MakeService(const std::string& name, const std::string& path,
                                             const db::Options& schema, std::vector<std::string> environment) {
  const std::string keys = absl::StrCat(folder_.path(), "/", name, ".fields.json");
  Must(crypto::FieldCipher::GenerateKeyFile(keys));
  environment.insert(environment.end(), {absl::StrCat("EDUDELTA_LISTEN_UNIX=", folder_.path(), "/", name, ".sock"),
                                         "EDUDELTA_DB_URL=" + schema.url, "EDUDELTA_DB_DDL_URL=" + schema.url,
                                         "EDUDELTA_FIELD_KEY_FILE=" + keys, "EDUDELTA_LOG_LEVEL=warning"});
  auto program = std::make_unique<Program>(path, environment, absl::StrCat(folder_.path(), "/", name, ".log"));
  if (program->Run({"--migrate"}) != 0) throw std::runtime_error(program->Log());
  program->Start();
  return program;
}

void Region::MakeGateway() {
  port_ = FreePort();
  gateway_ = std::make_unique<Program>(
      EDUDELTA_GATEWAY,
      std::vector<std::string>{absl::StrCat("EDUDELTA_GATEWAY_LISTEN_ADDRESS=127.0.0.1:", port_),
                               absl::StrCat("EDUDELTA_PLANNING_ADDRESS=unix:", folder_.path(), "/planning.sock"),
                               absl::StrCat("EDUDELTA_EXCHANGE_ADDRESS=unix:", folder_.path(), "/exchange.sock"),
                               "EDUDELTA_GATEWAY_RATE_PER_SECOND=1000000", "EDUDELTA_GATEWAY_RATE_BURST=1000000",
                               "EDUDELTA_GATEWAY_LOGINS_PER_SECOND=1000", "EDUDELTA_GATEWAY_LOG_LEVEL=warning"},
      folder_.path() + "/gateway.log");
  gateway_->Start();
}

void Region::MakeAgreement() {
  const auto channel = ChannelTo(folder_.path() + "/exchange.sock");
  const auto* service = v1::Organization::descriptor()->file()->FindServiceByName("ExchangeService");
  for (const auto& [id, district] : {std::pair("jiading", "310114"), std::pair("kunshan", "320583")}) {
    v1::CreateOrganizationRequest request;
    request.set_organization_id(id);
    request.mutable_organization()->set_display_name(id);
    request.mutable_organization()->set_kind(v1::Organization::KIND_BUREAU);
    request.mutable_organization()->add_districts(district);
    v1::Organization made;
    Call(channel, service, "CreateOrganization", Administrator(), request, &made);
  }
  v1::CreateClientRequest client;
  client.set_parent("organizations/kunshan");
  client.set_client_id("fault");
  client.mutable_client()->set_display_name("演练客户端");
  v1::Client made;
  Call(channel, service, "CreateClient", Administrator(), client, &made);
  v1::RotateClientSecretRequest rotate;
  rotate.set_name(made.name());
  v1::RotateClientSecretResponse secret;
  Call(channel, service, "RotateClientSecret", Administrator(), rotate, &secret);
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
  Call(channel, service, "CreateAgreement", Officer("organizations/jiading"), draft, &current);
  v1::ProposeAgreementRequest propose;
  propose.set_name(current.name());
  Call(channel, service, "ProposeAgreement", Officer("organizations/jiading"), propose, &current);
  v1::SignAgreementRequest sign;
  sign.set_name(current.name());
  sign.set_content_hash(current.content_hash());
  Call(channel, service, "SignAgreement", Officer("organizations/jiading"), sign, &current);
  v1::CountersignAgreementRequest countersign;
  countersign.set_name(current.name());
  countersign.set_content_hash(current.content_hash());
  Call(channel, service, "CountersignAgreement", Officer("organizations/kunshan"), countersign, &current);
}

void Region::MakeSchools(int count) {
  constexpr int kBatch = 500;
  const auto channel = ChannelTo(folder_.path() + "/planning.sock");
  const auto* service = planning::v1::School::descriptor()->file()->service(0);
  const auto clerk = User("organizations/jiading/users/clerk", options::v1::ROLE_BUREAU_CLERK, "districts/310114");
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
    Call(channel, service, "BatchCreateSchools", clerk, request, &made);
  }
}

std::string Region::Token() const {
  std::string token;
  const std::string form = absl::StrCat("grant_type=client_credentials&client_id=", Escaped(client_id_),
                                        "&client_secret=", Escaped(client_secret_));
  HttpAnswer answer;
  Await(kReadyWithin, [&] {
    answer =
        Exchange(port_, absl::StrCat("POST /oauth2/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: "
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
    throw std::runtime_error(absl::StrCat("no token: ", answer.status, " ", answer.body, gateway_->Log()));
  return token;
}

}  // namespace edudelta::fault
