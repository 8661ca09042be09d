#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/status.h"
#include "common/crypto/token.h"
#include "common/describe/describe.h"
#include "common/rpc/described_service.h"
#include "common/rpc/serve.h"
#include "common/rpc/server.h"
#include "edudelta/exchange/v1/access_entry.pb.h"
#include "edudelta/exchange/v1/client.pb.h"
#include "edudelta/exchange/v1/policy.pb.h"
#include "edudelta/exchange/v1/token.pb.h"
#include "edudelta/exchange/v1/user.pb.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "edudelta/planning/v1/school.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"
#include "edudelta/teachers/v1/teachers.pb.h"
#include "gateway/forward/backends.h"
#include "gateway/forward/gateway.h"
#include "gateway/forward/headers.h"
#include "gateway/http/testing.h"
#include "gateway/policy/testing.h"
#include "gtest/gtest.h"

// The whole gateway over real sockets, before services that answer what the test says.
namespace edudelta::gateway::forward::testing {

// The header of a partner's call.
inline constexpr char kPurpose[] = "Edudelta-Purpose: ENROLMENT_CHECK\r\n";

using http::testing::Client;

class FakeExchange {
 public:
  // Registers its methods; lives as long as the service.
  void Serve(rpc::DescribedService& api) {
    api.On<exchange::v1::IssueTokenRequest, exchange::v1::IssueTokenResponse>(
        "IssueToken", [this](const rpc::Call&, const auto& request, auto* response) {
          {
            absl::MutexLock lock(&mutex_);
            address_ = request.address();
          }
          response->set_access_token(request.principal());
          response->set_expires_in(600);
          return request.secret() == "right" ? absl::OkStatus() : absl::UnauthenticatedError("wrong");
        });
    api.On<exchange::v1::ChangeUserPasswordRequest, exchange::v1::ChangeUserPasswordResponse>(
        "ChangeUserPassword", [](const rpc::Call&, const auto&, auto*) { return absl::OkStatus(); });
    api.On<exchange::v1::RotateClientSecretRequest, exchange::v1::RotateClientSecretResponse>(
        "RotateClientSecret", [](const rpc::Call&, const auto&, auto*) { return absl::OkStatus(); });
    api.On<exchange::v1::RecordRequest, exchange::v1::RecordResponse>(
        "Record", [this](const rpc::Call&, const auto& request, auto* response) {
          absl::MutexLock lock(&mutex_);
          entries_.push_back(request);
          response->set_sequence(static_cast<std::int64_t>(entries_.size()));
          return record_status;
        });
  }

  std::vector<exchange::v1::RecordRequest> entries() {
    absl::MutexLock lock(&mutex_);
    return entries_;
  }

  // Of the latest login.
  std::string address() {
    absl::MutexLock lock(&mutex_);
    return address_;
  }

  absl::Status record_status;

 private:
  absl::Mutex mutex_;
  std::string address_ ABSL_GUARDED_BY(mutex_);
  std::vector<exchange::v1::RecordRequest> entries_ ABSL_GUARDED_BY(mutex_);
};

class FakePlanning {
 public:
  void Serve(rpc::DescribedService& api) {
    api.On<planning::v1::GetSchoolRequest, planning::v1::School>(
        "GetSchool", [this](const rpc::Call& call, const auto& request, auto* response) -> absl::Status {
          Note(call);
          if (request.name() == "districts/310114/schools/slow") {
            while (!*call.gone) std::this_thread::yield();
            Notify(&cancelled);
            return absl::CancelledError();
          }
          Fill(request.name(), response);
          call.Show(shown);
          return status;
        });
    api.On<planning::v1::ListSchoolsRequest, planning::v1::ListSchoolsResponse>(
        "ListSchools", [this](const rpc::Call& call, const auto& request, auto* response) {
          Note(call);
          for (int i = 0; i < list_rows; ++i)
            Fill(absl::StrCat(request.parent(), "/schools/", i), response->add_schools());
          return absl::OkStatus();
        });
    api.On<planning::v1::UpdateSchoolRequest, planning::v1::School>(
        "UpdateSchool", [this](const rpc::Call&, const auto& request, auto* response) {
          *response = request.school();
          response->set_address(request.request_id());
          return update_status;
        });
    api.OnDownload(
        api.descriptor().FindMethodByName("ExportSchools"), [this](const google::protobuf::Message& request) {
          return std::make_unique<Exporting>(*this, static_cast<const planning::v1::ExportSchoolsRequest&>(request));
        });
    api.OnUpload(api.descriptor().FindMethodByName("ImportSchools"),
                 [this] { return std::make_unique<Importing>(*this); });
  }

  static void Fill(const std::string& name, planning::v1::School* school) {
    school->set_name(name);
    school->set_display_name("甲校");
    school->set_address("secret address");
    school->set_etag("\"v1\"");
  }
  void Note(const rpc::Call& call) {
    absl::MutexLock lock(&mutex_);
    caller_ = call.caller;
    traceparent_ = call.traceparent;
  }
  call::v1::Caller caller() {
    absl::MutexLock lock(&mutex_);
    return caller_;
  }
  std::string traceparent() {
    absl::MutexLock lock(&mutex_);
    return traceparent_;
  }
  void Notify(bool* flag) {
    absl::MutexLock lock(&mutex_);
    *flag = true;
  }
  void Await(const bool* flag) { absl::MutexLock lock(&mutex_, absl::Condition(flag)); }

  // Until an import has handed over so many rows.
  void AwaitRows(int count) {
    const auto there = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return received_ >= count; };
    absl::MutexLock lock(&mutex_, absl::Condition(&there));
  }
  void ForgetRows() {
    absl::MutexLock lock(&mutex_);
    received_ = 0;
  }

  absl::Status status, update_status;
  rpc::Shown shown = rpc::Shown::kUnsaid;
  int page_rows = 2, list_rows = 2;
  std::atomic<bool> endless{false};
  std::atomic<int> landed{-1};
  bool cancelled ABSL_GUARDED_BY(mutex_) = false;

 private:
  struct Exporting final : rpc::DescribedService::Download {
    Exporting(FakePlanning& planning, const planning::v1::ExportSchoolsRequest& request)
        : planning(planning), request(request) {}
    absl::StatusOr<bool> Next(const rpc::Call& call, google::protobuf::Message* response) override {
      planning.Note(call);
      auto* page = static_cast<planning::v1::ListSchoolsResponse*>(response);
      if (sent) {
        while (planning.endless && !*call.gone) std::this_thread::yield();
        return false;
      }
      for (int i = 0; i < planning.page_rows; ++i) {
        Fill(absl::StrCat(request.parent(), "/schools/", i), page->add_schools());
      }
      sent = true;
      return true;
    }
    FakePlanning& planning;
    const planning::v1::ExportSchoolsRequest& request;
    bool sent = false;
  };
  struct Importing final : rpc::DescribedService::Upload {
    explicit Importing(FakePlanning& planning) : planning(planning) {}
    absl::Status Add(const rpc::Call& call, const google::protobuf::Message& request) override {
      planning.Note(call);
      rows += static_cast<const planning::v1::ImportSchoolsRequest&>(request).schools_size();
      absl::MutexLock lock(&planning.mutex_);
      planning.received_ = rows;
      return absl::OkStatus();
    }
    absl::Status Finish(const rpc::Call& call, google::protobuf::Message* response) override {
      if (*call.gone) return absl::CancelledError();
      planning.landed = rows;
      auto* result = static_cast<resource::v1::ImportResponse*>(response);
      result->set_row_count(rows);
      result->set_created_count(rows);
      return absl::OkStatus();
    }
    FakePlanning& planning;
    int rows = 0;
  };

  absl::Mutex mutex_;
  int received_ ABSL_GUARDED_BY(mutex_) = 0;
  call::v1::Caller caller_ ABSL_GUARDED_BY(mutex_);
  std::string traceparent_ ABSL_GUARDED_BY(mutex_);
};

// Answers one teacher and says what it shows of it.
class FakeTeachers {
 public:
  void Serve(rpc::DescribedService& api) {
    api.On<teachers::v1::GetTeacherRequest, teachers::v1::Teacher>(
        "GetTeacher", [this](const rpc::Call& call, const auto&, auto* response) { return Answer(call, response); });
    api.On<teachers::v1::ListTeachersRequest, teachers::v1::ListTeachersResponse>(
        "ListTeachers",
        [this](const rpc::Call& call, const auto&, auto* response) { return Answer(call, response->add_teachers()); });
    api.On<teachers::v1::SearchTeachersRequest, teachers::v1::ListTeachersResponse>(
        "SearchTeachers", [this](const rpc::Call& call, const auto&, auto*) {
          call.Show(shown);
          return absl::OkStatus();
        });
    api.On<teachers::v1::UpdateTeacherRequest, teachers::v1::Teacher>(
        "UpdateTeacher", [this](const rpc::Call& call, const auto&, auto* response) { return Answer(call, response); });
    api.OnDownload(api.descriptor().FindMethodByName("ExportTeachers"),
                   [this](const google::protobuf::Message&) { return std::make_unique<Exporting>(*this); });
  }

  rpc::Shown shown = rpc::Shown::kUnsaid;
  std::string full_name = "某某";

 private:
  struct Exporting final : rpc::DescribedService::Download {
    explicit Exporting(FakeTeachers& teachers) : teachers(teachers) {}
    absl::StatusOr<bool> Next(const rpc::Call& call, google::protobuf::Message* response) override {
      if (std::exchange(sent, true)) return false;
      RETURN_IF_ERROR(
          teachers.Answer(call, static_cast<teachers::v1::ListTeachersResponse*>(response)->add_teachers()));
      return true;
    }
    FakeTeachers& teachers;
    bool sent = false;
  };

  absl::Status Answer(const rpc::Call& call, teachers::v1::Teacher* teacher) const {
    teacher->set_name("districts/310114/teachers/t1");
    teacher->set_full_name(full_name);
    teacher->set_person_token("token-1");
    teacher->set_etag("\"t1\"");
    call.Show(shown);
    return absl::OkStatus();
  }
};

// A fake as a running service of a frame of its own.
template <typename Fake>
class FakeServer {
 public:
  FakeServer(const std::string& name, Fake& fake, metrics::Registry& registry, const log::Logger& logger,
             const Clock& clock)
      : frame_({.service = name}, registry, logger, clock), api_(describe::FindService(name), frame_) {
    fake.Serve(api_);
    std::string folder = ::testing::TempDir() + "/fake.XXXXXX";
    rpc::Server::Options options;
    options.unix_path = std::string(mkdtemp(folder.data())) + "/s.sock";
    peer.address = "unix:" + options.unix_path;
    server_ = rpc::Server::Start(options, {api_.service()}, logger).value();
    server_->SetServing(true);
  }

  void Stop() { server_->Drain(); }

  rpc::PeerOptions peer;

 private:
  rpc::Frame frame_;
  rpc::DescribedService api_;
  std::unique_ptr<rpc::Server> server_;
};

class GatewayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    backends_ = Backends::Connect({{"exchange", exchange_server_.peer},
                                   {"planning", planning_server_.peer},
                                   {"teachers", teachers_server_.peer}})
                    .value();
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
                             {describe::FindService("planning"), describe::FindService("teachers"),
                              describe::FindService("exchange")},
                             *backends_, store_, registry_, logger_, clock_)
                   .value();
    http::ServerOptions http;
    http.address = "127.0.0.1:0";
    http.cors = CorsFor({"https://console.example"});
    server_ = http::Server::Start(
                  http, [this](auto exchange) { gateway_->Handle(std::move(exchange)); }, registry_)
                  .value();
  }

  std::string Token(const std::string& principal) {
    const auto now = absl::ToUnixSeconds(clock_.Now());
    return signer_
        .Sign(absl::StrCat(R"({"sub":")", principal, R"(","jti":"1","iss":"edudelta","aud":"api","iat":)", now,
                           R"(,"exp":)", now + 600, R"(,"gen":)", generation_, "}"))
        .value();
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

  std::string Log() {
    absl::MutexLock lock(&log_mutex_);
    return log_;
  }

  const crypto::TokenSigner signer_ = crypto::TokenSigner::Generate().value();
  // Of the tokens.
  int generation_ = 0;
  SystemClock clock_;
  policy::Store store_{clock_};
  exchange::v1::PolicyUpdate policy_;
  metrics::Registry registry_;
  absl::Mutex log_mutex_;
  std::string log_ ABSL_GUARDED_BY(log_mutex_);
  log::Logger logger_{"gateway", clock_, log::Level::kInfo, [this](const std::string& line) {
                        absl::MutexLock lock(&log_mutex_);
                        log_ += line + "\n";
                      }};
  // What the fakes' frames count and log is not the gateway's.
  metrics::Registry fake_registry_;
  log::Logger fake_logger_{"fake", clock_, log::Level::kError, [](const std::string&) {}};
  FakeExchange exchange_;
  FakePlanning planning_;
  FakeTeachers teachers_;
  FakeServer<FakeExchange> exchange_server_{"exchange", exchange_, fake_registry_, fake_logger_, clock_};
  FakeServer<FakePlanning> planning_server_{"planning", planning_, fake_registry_, fake_logger_, clock_};
  FakeServer<FakeTeachers> teachers_server_{"teachers", teachers_, fake_registry_, fake_logger_, clock_};
  std::unique_ptr<Backends> backends_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace edudelta::gateway::forward::testing
