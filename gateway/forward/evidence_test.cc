// What leaves an entry in the evidence log, and what it says.
#include <string>

#include "absl/strings/str_cat.h"
#include "edudelta/exchange/v1/access_entry.pb.h"
#include "gateway/forward/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::forward {
namespace {

using http::testing::Client;
using policy::testing::kJiading;
using policy::testing::kKunshan;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using EvidenceTest = testing::GatewayTest;

using testing::kPurpose;

// Routes by which a row of L3 and L4 fields leaves, and a search that finds none.
const std::vector<std::pair<std::string, std::string>> kTeacherRoutes = {
    {"GET /v1/districts/310114/teachers/t1", ""},
    {"GET /v1/districts/310114/teachers", ""},
    {"GET /v1/districts/310114/teachers:export?format=ndjson", ""},
    {"PATCH /v1/districts/310114/teachers/t1", "{}"}};

TEST_F(EvidenceTest, WhatAServiceSaysItShowsInClearHasItsEntry) {
  auto routes = kTeacherRoutes;
  routes.emplace_back("POST /v1/districts/310114/teachers:search", "{}");
  teachers_.shown = rpc::Shown::kClear;
  std::size_t entries = 0;
  for (const auto& [line, body] : routes) {
    const std::string answer = Ask(line, kJiading, "", body);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 ")) << line;
    EXPECT_THAT(answer, HasSubstr(absl::StrCat("Edudelta-Entry: ", ++entries, "\r\n"))) << line;
    EXPECT_THAT(answer, Not(HasSubstr("edudelta-shown"))) << line;
    ASSERT_EQ(exchange_.entries().size(), entries) << line;
  }
  EXPECT_THAT(exchange_.entries()[0].fields(), ElementsAre("full_name"));
  EXPECT_THAT(exchange_.entries()[0].person_tokens(), ElementsAre("token-1"));
  EXPECT_EQ(exchange_.entries()[0].record_count(), 1);
  EXPECT_EQ(exchange_.entries().back().record_count(), 0) << "that nobody was found";
  // Of a type that cannot hold any, too.
  planning_.shown = rpc::Shown::kClear;
  EXPECT_THAT(Ask("GET /v1/districts/310114/schools/1", kJiading), HasSubstr("Edudelta-Entry: "));
}

// Of an export that breaks off: how much of what was allowed can have left, and why no more.
TEST_F(EvidenceTest, WhatWasCutOffHasAnEntryThatSaysHowFarItCame) {
  planning_.endless = true;
  const std::string line = "GET /v1/districts/310114/schools:export?format=ndjson";
  const auto begin = [&](Client& client) {
    client.Send(Head(line, kKunshan, kPurpose) + "\r\n");
    EXPECT_THAT(client.ReadUntil("schools/1"), HasSubstr("schools/0"));
  };
  const auto cut = [&](std::size_t count) {
    while (exchange_.entries().size() < count) std::this_thread::yield();
    return exchange_.entries()[count - 1];
  };
  Client gone(server_->port());
  begin(gone);
  gone.Close();
  const auto by_client = cut(2);
  EXPECT_EQ(by_client.outcome(), exchange::v1::AccessEntry::OUTCOME_CUT_OFF);
  EXPECT_EQ(by_client.reason(), "CLIENT_GONE");
  EXPECT_EQ(by_client.first_entry(), 1);
  EXPECT_EQ(by_client.record_count(), 2);
  EXPECT_EQ(by_client.request_id(), exchange_.entries()[0].request_id());
  EXPECT_EQ(by_client.fields_size(), 0);
  Client late(server_->port());
  late.Send(Head(line, kKunshan, absl::StrCat(kPurpose, "Edudelta-Timeout-Ms: 500\r\n")) + "\r\n");
  EXPECT_THAT(late.ReadAll(), Not(::testing::EndsWith("0\r\n\r\n")));
  EXPECT_EQ(cut(4).reason(), "SERVICE_TIMEOUT");
  EXPECT_EQ(cut(4).first_entry(), 3);
  Client revoked(server_->port());
  begin(revoked);
  auto update = policy_;
  update.set_version(2);
  update.mutable_agreements(0)->set_state(exchange::v1::Agreement::STATE_REVOKED);
  store_.Receive(update);
  EXPECT_THAT(revoked.ReadAll(), Not(::testing::EndsWith("0\r\n\r\n")));
  EXPECT_EQ(cut(6).reason(), "AGREEMENT_REVOKED");
  EXPECT_EQ(cut(6).record_count(), 2);
}

TEST_F(EvidenceTest, WhatIsMaskedHasNoEntry) {
  teachers_.full_name = "某*";
  for (const auto shown : {rpc::Shown::kMasked, rpc::Shown::kUnsaid}) {
    teachers_.shown = shown;
    for (const auto& [line, body] : kTeacherRoutes) {
      const std::string answer = Ask(line, kJiading, "", body);
      EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 ")) << line;
      EXPECT_THAT(answer, HasSubstr("某*")) << line;
      EXPECT_THAT(answer, Not(HasSubstr("Edudelta-Entry"))) << line;
    }
  }
  EXPECT_TRUE(exchange_.entries().empty());
}

TEST_F(EvidenceTest, WhatAnOlderServiceShowsWithoutAWordHasItsEntry) {
  for (const auto& [line, body] : kTeacherRoutes) {
    EXPECT_THAT(Ask(line, kJiading, "", body), HasSubstr("Edudelta-Entry: ")) << line;
  }
}

TEST_F(EvidenceTest, WhatCannotBeRecordedDoesNotLeave) {
  exchange_.record_status = absl::UnavailableError("down");
  for (const auto shown : {rpc::Shown::kClear, rpc::Shown::kUnsaid}) {
    teachers_.shown = shown;
    for (const auto& [line, body] : kTeacherRoutes) {
      const std::string answer = Ask(line, kJiading, "", body);
      EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 ")) << line;
      EXPECT_THAT(answer, HasSubstr("EVIDENCE_UNAVAILABLE")) << line;
      EXPECT_THAT(answer, Not(HasSubstr("某某"))) << line;
    }
  }
}

TEST_F(EvidenceTest, EqualDenialsShareTheirEntries) {
  for (int i = 0; i < 50; ++i) {
    const std::string answer = Ask("GET /v1/districts/310114/schools", kKunshan, "Edudelta-Purpose: OTHER\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 403 "));
    EXPECT_THAT(answer, HasSubstr("Edudelta-Entry: 1\r\n")) << i;
  }
  EXPECT_EQ(exchange_.entries().size(), 1u);
  EXPECT_THAT(Ask("GET /v1/districts/310114/schools", kKunshan, kPurpose), HasSubstr("Edudelta-Entry: 2\r\n"));
  server_.reset();
  gateway_.reset();
  ASSERT_EQ(exchange_.entries().size(), 3u) << "what was counted, when the gateway ends";
  EXPECT_EQ(exchange_.entries()[2].reason(), "PURPOSE_NOT_ALLOWED");
  EXPECT_EQ(exchange_.entries()[2].repeat_count(), 48);
}

TEST_F(EvidenceTest, ADeniedListOfAllDistrictsLeavesItsEntry) {
  const std::string answer = Ask("GET /v1/districts/-/schools", kKunshan, kPurpose);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(answer, HasSubstr("Edudelta-Entry: 1\r\n"));
  ASSERT_EQ(exchange_.entries().size(), 1u);
  EXPECT_EQ(exchange_.entries()[0].target(), "districts/-");
  EXPECT_EQ(exchange_.entries()[0].district(), "");
}

TEST_F(EvidenceTest, AnEntrySaysWhatWasAskedButNoValue) {
  const std::string query =
      "?read_time=2026-01-01T00:00:00Z&filter=kind%20%3D%20%22211%22%20AND%20kind%20!%3D%20%22x%22%20AND%20"
      "a990583199001019991%20%3D%201";
  for (const std::string target : {"schools", "schools:export"}) {
    Ask("GET /v1/districts/310114/" + target + query, kKunshan, kPurpose);
  }
  teachers_.shown = rpc::Shown::kClear;
  Ask("POST /v1/districts/310114/teachers:search", kJiading, "",
      R"({"filter":"identity_number = \"990583199001019991\" AND stage = \"2\""})");
  const auto entries = exchange_.entries();
  ASSERT_EQ(entries.size(), 3u);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(entries[i].read_time().seconds(), 1767225600) << i;
    EXPECT_THAT(entries[i].filter_fields(), ElementsAre("kind")) << i;
  }
  EXPECT_THAT(entries[2].filter_fields(), ElementsAre("identity_number", "stage"));
  EXPECT_FALSE(entries[2].has_read_time());
  for (const auto& entry : entries) EXPECT_THAT(entry.DebugString(), Not(HasSubstr("990583199001019991")));
}

}  // namespace
}  // namespace edudelta::gateway::forward
