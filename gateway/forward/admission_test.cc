// Who is let in, and for how long: what a change of the policy does to what is running, and what is refused before it
// takes a place.
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "edudelta/exchange/v1/agreement.pb.h"
#include "gateway/forward/refusals.h"
#include "gateway/forward/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::forward {
namespace {

using http::testing::Client;
using policy::testing::kJiading;
using policy::testing::kKunshan;
using ::testing::EndsWith;
using testing::GatewayTest;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using testing::kPurpose;
constexpr char kSchools[] = "/v1/districts/310114/schools";

// More than the readers keep back to tell the charset, and what of it makes full batches.
constexpr int kSent = 1600;
constexpr int kHandedOver = 1500;

enum class End { kDisabled, kRoleRemoved, kRoleNarrowed, kTokensEnded, kAgreementEnded };

struct Case {
  End end;
  std::string principal;
  std::string reason;
};

const Case kOwnCases[] = {{End::kDisabled, kJiading, "ACCOUNT_DISABLED"},
                          {End::kRoleRemoved, kJiading, "ROLE_CHANGED"},
                          {End::kRoleNarrowed, kJiading, "ROLE_CHANGED"},
                          {End::kTokensEnded, kJiading, "TOKEN_ENDED"}};
const Case kPartnerCases[] = {{End::kDisabled, kKunshan, "ACCOUNT_DISABLED"},
                              {End::kTokensEnded, kKunshan, "TOKEN_ENDED"},
                              {End::kAgreementEnded, kKunshan, "AGREEMENT_REVOKED"}};

class AdmissionTest : public GatewayTest {
 protected:
  // What is running began under `policy_`; this ends what permits it, for new requests too.
  void Change(const Case& one) {
    auto update = policy_;
    update.set_version(++version_);
    for (auto& principal : *update.mutable_principals()) {
      if (principal.name() != one.principal) continue;
      if (one.end == End::kDisabled) principal.set_state(exchange::v1::ACCOUNT_STATE_DISABLED);
      if (one.end == End::kRoleRemoved) principal.clear_bindings();
      if (one.end == End::kRoleNarrowed) principal.mutable_bindings(0)->set_prefix("districts/310114/schools/9");
      if (one.end == End::kTokensEnded) principal.set_token_generation(1);
    }
    if (one.end == End::kAgreementEnded) {
      update.mutable_agreements(0)->set_state(exchange::v1::Agreement::STATE_REVOKED);
    }
    store_.Receive(update);
  }
  void Restore() {
    policy_.set_version(++version_);
    store_.Receive(policy_);
  }

  static std::string Chunk(const std::string& piece) {
    return absl::StrCat(absl::Hex(piece.size()), "\r\n", piece, "\r\n");
  }
  std::string ImportHead(const std::string& principal, const std::string& query = "") {
    return Head(absl::StrCat("POST ", kSchools, ":import", query), principal,
                "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n") +
           "\r\n";
  }
  static std::string Rows(int from, int count) {
    std::string rows;
    for (int i = from; i < from + count; ++i) {
      absl::StrAppend(&rows, R"({"name":"districts/310114/schools/3131)", 100000 + i, "\",\"display_name\":\"x\"}\n");
    }
    return rows;
  }

  std::int64_t version_ = 1;
};

TEST_F(AdmissionTest, WhatEndsAPermissionRefusesTheNextRequest) {
  for (const Case& one : kOwnCases) {
    Change(one);
    // Roles alone are the service's to judge for a single call.
    if (one.reason != "ROLE_CHANGED") {
      EXPECT_THAT(Ask(absl::StrCat("GET ", kSchools), kJiading), HasSubstr(one.reason));
    }
    Restore();
  }
  for (const Case& one : kPartnerCases) {
    Change(one);
    EXPECT_THAT(Ask(absl::StrCat("GET ", kSchools), kKunshan, kPurpose), HasSubstr(one.reason));
    Restore();
  }
}

TEST_F(AdmissionTest, WhatEndsAPermissionCutsExports) {
  planning_.endless = true;
  const auto cut = [&](const Case& one, const std::string& headers) {
    Client client(server_->port());
    client.Send(Head(absl::StrCat("GET ", kSchools, ":export?format=ndjson"), one.principal, headers) + "\r\n");
    EXPECT_THAT(client.ReadUntil("schools/1"), HasSubstr("schools/0"));
    Change(one);
    EXPECT_THAT(client.ReadAll(), Not(EndsWith("0\r\n\r\n"))) << one.reason;
    Restore();
  };
  for (const Case& one : kOwnCases) cut(one, "");
  for (const Case& one : kPartnerCases) cut(one, kPurpose);
  server_->Drain(absl::Seconds(20));
  for (const char* reason : {"ACCOUNT_DISABLED", "ROLE_CHANGED", "TOKEN_ENDED", "AGREEMENT_REVOKED"}) {
    EXPECT_THAT(Log(), HasSubstr(reason));
  }
}

TEST_F(AdmissionTest, WhatEndsAPermissionEndsImportsAndTheySayWhatLanded) {
  for (const Case& one : kOwnCases) {
    planning_.landed = -1;
    Client client(server_->port());
    // Full batches have gone to the service, the rest waits here for more.
    client.Send(ImportHead(kJiading) + Chunk(Rows(0, kSent)));
    planning_.AwaitRows(kHandedOver);
    Change(one);
    const std::string answer = client.ReadAll();
    EXPECT_THAT(answer, HasSubstr(absl::StrCat("\"reason\":\"", one.reason, "\"")));
    EXPECT_THAT(answer, HasSubstr("此前各行：新增 1500，更新 0，不变 0"));
    EXPECT_THAT(answer, HasSubstr(R"("created_count":"1500")"));
    EXPECT_EQ(planning_.landed, kHandedOver) << "nothing more lands";
    Restore();
    planning_.ForgetRows();
  }
}

TEST_F(AdmissionTest, AnImportAsAWholeLandsNothingWhenItsPermissionEnds) {
  Client client(server_->port());
  client.Send(ImportHead(kJiading, "?mode=atomic") + Chunk(Rows(0, kSent)));
  planning_.AwaitRows(kHandedOver);
  Change(kOwnCases[1]);
  const std::string answer = client.ReadAll();
  EXPECT_THAT(answer, HasSubstr("ROLE_CHANGED"));
  EXPECT_THAT(answer, HasSubstr("没有写入任何记录"));
  EXPECT_EQ(planning_.landed, -1);
}

TEST_F(AdmissionTest, WhoMayNotImportIsRefusedBeforeTheBodyIsRead) {
  auto& clerk = *policy_.mutable_principals(1);
  clerk.mutable_bindings(0)->set_role(options::v1::ROLE_AUDITOR);
  Restore();
  // A body that is announced and never sent.
  const std::string waiting = Raw(ImportHead(kJiading));
  EXPECT_THAT(waiting, StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(waiting, HasSubstr("ROLE_MISSING"));
  const std::string empty = Ask(absl::StrCat("POST ", kSchools, ":import"), kJiading, "Content-Length: 0\r\n");
  EXPECT_THAT(empty, HasSubstr("ROLE_MISSING"));
  EXPECT_THAT(empty, Not(HasSubstr("IMPORT_EMPTY")));
}

TEST_F(AdmissionTest, NobodyTakesAllPlaces) {
  GatewayOptions options;
  options.streams_per_principal = 1;
  Make(options);
  Client first(server_->port());
  first.Send(ImportHead(kJiading) + Chunk(Rows(0, kSent)));
  planning_.AwaitRows(kHandedOver);
  const std::string second = Ask(absl::StrCat("GET ", kSchools, ":export"), kJiading);
  EXPECT_THAT(second, StartsWith("HTTP/1.1 429 "));
  EXPECT_THAT(second, HasSubstr("STREAM_LIMIT"));
  EXPECT_THAT(Ask(absl::StrCat("GET ", kSchools, ":export"), kKunshan, kPurpose), StartsWith("HTTP/1.1 200 "));
  first.Send("0\r\n\r\n");
  EXPECT_THAT(first.ReadAll(), StartsWith("HTTP/1.1 200 "));
  // The place is given back a moment after the answer.
  while (absl::StrContains(Ask(absl::StrCat("GET ", kSchools, ":export"), kJiading), "STREAM_LIMIT")) {
    std::this_thread::yield();
  }
}

TEST_F(AdmissionTest, ABodyThatTricklesInEnds) {
  GatewayOptions options;
  options.upload_grace = absl::ZeroDuration();
  options.upload_bytes_per_second = 1e12;
  Make(options);
  Client client(server_->port());
  client.Send(ImportHead(kJiading));
  client.Send(Chunk(Rows(0, 1)));
  const std::string answer = client.ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(answer, HasSubstr("BODY_TIMEOUT"));
}

TEST_F(AdmissionTest, AnImportOfLargeRowsLands) {
  const std::string address(900 << 10, 'a');
  Client client(server_->port());
  client.Send(ImportHead(kJiading));
  for (int i = 0; i < 30; ++i) {
    client.Send(Chunk(
        absl::StrCat(R"({"name":"districts/310114/schools/31310)", 10000 + i, R"(","address":")", address, "\"}\n")));
  }
  client.Send("0\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(planning_.landed, 30);
}

TEST_F(AdmissionTest, AnImportEndsAtItsDeadlineThoughNoRowComes) {
  Client client(server_->port());
  client.Send(Head(absl::StrCat("POST ", kSchools, ":import"), kJiading,
                   "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\nEdudelta-Timeout-Ms: 1\r\n") +
              "\r\n");
  // Nobody reads so much in a millisecond.
  for (int i = 0; i < 64; ++i) client.Send(Chunk(std::string(1 << 20, '\n')));
  client.Send("0\r\n\r\n");
  const std::string answer = client.ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 504 "));
  EXPECT_THAT(answer, HasSubstr("DEADLINE_EXCEEDED"));
}

TEST_F(AdmissionTest, ADistrictHearsOfProbesThatAreTooManyToTell) {
  for (int i = 0; i < Refusals::kKinds + 2; ++i) {
    EXPECT_THAT(Ask(absl::StrCat("GET ", kSchools, "/", i), kKunshan, "Edudelta-Purpose: OTHER\r\n"),
                StartsWith("HTTP/1.1 403 "));
  }
  const auto entries = exchange_.entries();
  ASSERT_EQ(entries.size(), Refusals::kKinds + 1u);
  EXPECT_EQ(entries.back().reason(), "REFUSALS_FOLDED");
  EXPECT_EQ(entries.back().target(), "");
  EXPECT_EQ(entries.back().district(), "310114");
}

TEST_F(AdmissionTest, AForcedChangeOpensNothingElse) {
  policy_.mutable_principals(1)->set_password_change_required(true);
  Restore();
  const std::string refused = Ask(absl::StrCat("GET ", kSchools), kJiading);
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(refused, HasSubstr("PASSWORD_CHANGE_REQUIRED"));
  const std::string body = R"({"old_password":"a","password":"b"})";
  const auto change = [&](const std::string& name) {
    return Ask(absl::StrCat("POST /v1/", name, ":changePassword"), kJiading, "", body);
  };
  EXPECT_THAT(change(kJiading), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(change("organizations/jiading/users/other"), HasSubstr("PASSWORD_CHANGE_REQUIRED"));
}

TEST_F(AdmissionTest, ANewerTokenThanThePolicyKnowsIsGood) {
  policy_.mutable_principals(1)->set_token_generation(3);
  Restore();
  const auto ask = [&](int generation) {
    generation_ = generation;
    return Ask(absl::StrCat("GET ", kSchools), kJiading);
  };
  EXPECT_THAT(ask(2), HasSubstr("TOKEN_ENDED"));
  EXPECT_THAT(ask(2), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(ask(3), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask(4), StartsWith("HTTP/1.1 200 "));
}

TEST_F(AdmissionTest, OnlyWhatComesAsFarAsAPasswordCountsAsALogin) {
  GatewayOptions options;
  options.logins_per_second = 0.001;
  options.login_burst = 1;
  Make(options);
  const auto post = [&](const std::string& type, const std::string& form) {
    return Raw(absl::StrCat("POST /oauth2/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: ", type,
                            "\r\nContent-Length: ", form.size(), "\r\n\r\n", form));
  };
  const std::string form = "application/x-www-form-urlencoded";
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(post("text/plain", "x"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(post(form, "grant_type=password"), StartsWith("HTTP/1.1 400 "));
  }
  EXPECT_THAT(Log(), HasSubstr("TOKEN_REQUEST_INVALID"));
  EXPECT_THAT(post(form, "grant_type=password&username=a/b&password=right"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(exchange_.address(), "127.0.0.1");
  const std::string limited = post(form, "grant_type=password&username=a/b&password=right");
  EXPECT_THAT(limited, StartsWith("HTTP/1.1 429 "));
  EXPECT_THAT(limited, HasSubstr("Retry-After: 1000\r\n"));
  EXPECT_THAT(Log(), HasSubstr("RATE_LIMITED"));
}

TEST_F(AdmissionTest, AClientThatLeavesIsNoFailureOfTheService) {
  Client client(server_->port());
  client.Send(Head(absl::StrCat("GET ", kSchools, "/slow"), kJiading) + "\r\n");
  while (planning_.traceparent().empty()) std::this_thread::yield();
  client.Close();
  planning_.Await(&planning_.cancelled);
  server_->Drain(absl::Seconds(20));
  while (!absl::StrContains(Log(), "planning.GetSchool")) std::this_thread::yield();
  EXPECT_THAT(Log(), HasSubstr("\"status\":499"));
  EXPECT_THAT(Log(), Not(HasSubstr("\"status\":503")));
}

TEST_F(AdmissionTest, SecretsLeaveNoCopyOnTheWay) {
  EXPECT_THAT(Ask("POST /v1/organizations/jiading/clients/c:rotateSecret", kJiading, "", "{}"),
              HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_THAT(Ask(absl::StrCat("GET ", kSchools, "/1"), kKunshan, kPurpose), HasSubstr("Cache-Control: no-store\r\n"));
}

}  // namespace
}  // namespace edudelta::gateway::forward
