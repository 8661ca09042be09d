#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/crypto/token.h"
#include "common/rpc/errors.h"
#include "edudelta/exchange/v1/exchange.grpc.pb.h"
#include "edudelta/planning/v1/planning.grpc.pb.h"
#include "gateway/forward/backends.h"
#include "gateway/forward/gateway.h"
#include "gateway/http/testing.h"
#include "gateway/policy/testing.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

// The whole gateway over real sockets, before services that answer what the test says.
namespace edudelta::gateway::forward::testing {

using http::testing::Client;

class FakeExchange final : public exchange::v1::ExchangeService::Service {
 public:
  grpc::Status IssueToken(grpc::ServerContext*, const exchange::v1::IssueTokenRequest* request,
                          exchange::v1::IssueTokenResponse* response) override {
    response->set_access_token(request->principal());
    response->set_expires_in(600);
    return request->secret() == "right" ? grpc::Status::OK
                                        : grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "wrong");
  }
  grpc::Status Record(grpc::ServerContext*, const exchange::v1::RecordRequest* request,
                      exchange::v1::RecordResponse* response) override {
    std::lock_guard<std::mutex> lock(mutex_);
    entries_.push_back(*request);
    response->set_sequence(static_cast<std::int64_t>(entries_.size()));
    return rpc::ToGrpc(record_status, "exchange", "");
  }

  std::vector<exchange::v1::RecordRequest> entries() {
    std::lock_guard<std::mutex> lock(mutex_);
    return entries_;
  }

  absl::Status record_status;

 private:
  std::mutex mutex_;
  std::vector<exchange::v1::RecordRequest> entries_;
};

class FakePlanning final : public planning::v1::PlanningService::Service {
 public:
  grpc::Status GetSchool(grpc::ServerContext* context, const planning::v1::GetSchoolRequest* request,
                         planning::v1::School* response) override {
    Note(*context);
    if (request->name() == "districts/310114/schools/slow") {
      while (!context->IsCancelled()) std::this_thread::yield();
      Notify(&cancelled);
      return grpc::Status::CANCELLED;
    }
    Fill(request->name(), response);
    return rpc::ToGrpc(status, "planning", "t");
  }
  grpc::Status ListSchools(grpc::ServerContext* context, const planning::v1::ListSchoolsRequest* request,
                           planning::v1::ListSchoolsResponse* response) override {
    Note(*context);
    for (int i = 0; i < 2; ++i) Fill(absl::StrCat(request->parent(), "/schools/", i), response->add_schools());
    return grpc::Status::OK;
  }
  grpc::Status UpdateSchool(grpc::ServerContext*, const planning::v1::UpdateSchoolRequest* request,
                            planning::v1::School* response) override {
    *response = request->school();
    response->set_address(request->request_id());
    return grpc::Status::OK;
  }
  grpc::Status ExportSchools(grpc::ServerContext* context, const planning::v1::ExportSchoolsRequest* request,
                             grpc::ServerWriter<planning::v1::ListSchoolsResponse>* writer) override {
    Note(*context);
    planning::v1::ListSchoolsResponse page;
    for (int i = 0; i < page_rows; ++i) {
      Fill(absl::StrCat(request->parent(), "/schools/", i), page.add_schools());
    }
    writer->Write(page);
    while (endless && !context->IsCancelled()) std::this_thread::yield();
    return grpc::Status::OK;
  }
  grpc::Status ImportSchools(grpc::ServerContext* context, grpc::ServerReader<planning::v1::ImportSchoolsRequest>* reader,
                             resource::v1::ImportResponse* response) override {
    Note(*context);
    planning::v1::ImportSchoolsRequest batch;
    int rows = 0;
    while (reader->Read(&batch)) rows += batch.schools_size();
    if (context->IsCancelled()) return grpc::Status::CANCELLED;
    landed = rows;
    response->set_row_count(rows);
    response->set_created_count(rows);
    return grpc::Status::OK;
  }

  static void Fill(const std::string& name, planning::v1::School* school) {
    school->set_name(name);
    school->set_display_name("甲校");
    school->set_address("secret address");
    school->set_etag("\"v1\"");
  }
  void Note(const grpc::ServerContext& context) {
    std::lock_guard<std::mutex> lock(mutex_);
    metadata_.clear();
    for (const auto& [key, value] : context.client_metadata()) {
      metadata_.emplace(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
    }
  }
  call::v1::Caller caller() {
    std::lock_guard<std::mutex> lock(mutex_);
    call::v1::Caller caller;
    caller.ParseFromString(metadata_.find("edudelta-caller-bin")->second);
    return caller;
  }
  std::string metadata(const std::string& key) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = metadata_.find(key);
    return found == metadata_.end() ? "" : found->second;
  }
  void Notify(bool* flag) {
    std::lock_guard<std::mutex> lock(mutex_);
    *flag = true;
    changed_.notify_all();
  }
  void Await(const bool* flag) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return *flag; });
  }

  absl::Status status;
  int page_rows = 2;
  std::atomic<bool> endless{false};
  std::atomic<int> landed{-1};
  bool cancelled = false;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<std::string, std::string> metadata_;
};

class GatewayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    grpc::EnableDefaultHealthCheckService(true);
    exchange_server_ = Serve(&exchange_, &peers_["exchange"]);
    planning_server_ = Serve(&planning_, &peers_["planning"]);
    backends_ = Backends::Connect(peers_).value();
    policy_ = policy::testing::Policy();
    policy_.set_jwks(signer_.Jwks());
    policy_.set_token_issuer("edudelta");
    policy_.set_token_audience("api");
    policy_.set_lease_seconds(600);
    auto* content = policy_.mutable_agreements(0)->mutable_content();
    content->mutable_start_time()->set_seconds(absl::ToUnixSeconds(clock_.Now()) - 60);
    content->mutable_end_time()->set_seconds(absl::ToUnixSeconds(clock_.Now()) + 600);
    store_.Receive(policy_);
    Make({});
  }
  void TearDown() override {
    server_.reset();
    gateway_.reset();
    backends_.reset();
  }

  void Make(GatewayOptions options) {
    server_.reset();
    gateway_ = Gateway::Make(options,
                             {planning::v1::School::descriptor()->file()->service(0),
                              exchange::v1::Agreement::descriptor()->file()->service(0)},
                             *backends_, store_, registry_, logger_, clock_)
                   .value();
    http::ServerOptions http;
    http.address = "127.0.0.1:0";
    server_ = http::Server::Start(http, [this](auto exchange) { gateway_->Handle(std::move(exchange)); }).value();
  }

  static std::unique_ptr<grpc::Server> Serve(grpc::Service* service, rpc::PeerOptions* peer) {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service);
    auto server = builder.BuildAndStart();
    peer->address = absl::StrCat("127.0.0.1:", port);
    return server;
  }

  std::string Token(const std::string& principal) {
    const auto now = absl::ToUnixSeconds(clock_.Now());
    return signer_.Sign(absl::StrCat(R"({"sub":")", principal, R"(","jti":"1","iss":"edudelta","aud":"api","iat":)", now,
                                     R"(,"exp":)", now + 600, "}")).value();
  }
  std::string Head(const std::string& line, const std::string& principal, const std::string& headers = "") {
    return absl::StrCat(line, " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ", Token(principal),
                        "\r\n", headers);
  }
  std::string Raw(const std::string& bytes) {
    Client client(server_->port());
    client.Send(bytes);
    return client.ReadAll();
  }
  std::string Ask(const std::string& line, const std::string& principal, const std::string& headers = "",
                  const std::string& body = "") {
    const std::string length = body.empty() ? "" : absl::StrCat("Content-Length: ", body.size(), "\r\n");
    return Raw(absl::StrCat(Head(line, principal, headers), length, "\r\n", body));
  }

  FakeExchange exchange_;
  FakePlanning planning_;
  std::map<std::string, rpc::PeerOptions> peers_;
  std::unique_ptr<grpc::Server> exchange_server_, planning_server_;
  const crypto::TokenSigner signer_ = crypto::TokenSigner::Generate().value();
  SystemClock clock_;
  policy::Store store_{clock_};
  exchange::v1::PolicyUpdate policy_;
  metrics::Registry registry_;
  std::mutex log_mutex_;
  std::string log_;
  log::Logger logger_{"gateway", clock_, log::Level::kInfo, [this](const std::string& line) {
                        std::lock_guard<std::mutex> lock(log_mutex_);
                        log_ += line + "\n";
                      }};
  std::unique_ptr<Backends> backends_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace edudelta::gateway::forward::testing
