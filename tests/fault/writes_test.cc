// kill -9 of a service and of its database during writes.
#include <stdlib.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/metrics/registry.h"
#include "common/rpc/client.h"
#include "common/testing/database.h"
#include "common/testing/matchers.h"
#include "gtest/gtest.h"
#include "tests/fault/audit.h"
#include "tests/fault/clerk.h"
#include "tests/fault/program.h"

namespace edudelta::fault {
namespace {

using edudelta::testing::IsOk;

constexpr int kRuns = 100;
constexpr int kClerks = 4;
constexpr int kWritesEach = 12;
constexpr int kWrites = kClerks * kWritesEach;

enum class Fault { kService, kServiceAfterCommit, kDatabase, kBoth, kBothAfterCommit };
constexpr Fault kFaults[] = {Fault::kService, Fault::kServiceAfterCommit, Fault::kDatabase, Fault::kBoth,
                             Fault::kBothAfterCommit};

int SettingOf(const char* name, int otherwise) {
  const char* text = getenv(name);
  int value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : otherwise;
}

// Planning as it runs in production, over a database whose commits are durable.
class WritesUnderFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    const db::Options options = database_.CreateSchema();
    const std::string keys = folder_.path() + "/fields.json";
    ASSERT_THAT(crypto::FieldCipher::GenerateKeyFile(keys), IsOk());
    auto cipher = crypto::FieldCipher::FromFile(keys);
    ASSERT_THAT(cipher, IsOk());
    cipher_ = std::make_unique<crypto::FieldCipher>(*std::move(cipher));
    auto pool = db::Pool::Create(options, registry_);
    ASSERT_THAT(pool, IsOk());
    pool_ = *std::move(pool);
    const std::string socket = folder_.path() + "/planning.sock";
    planning_ = std::make_unique<Program>(
        EDUDELTA_PLANNING,
        std::vector<std::string>{"EDUDELTA_LISTEN_UNIX=" + socket, "EDUDELTA_DB_URL=" + options.url,
                                 "EDUDELTA_DB_DDL_URL=" + options.url, "EDUDELTA_FIELD_KEY_FILE=" + keys,
                                 "EDUDELTA_LOG_LEVEL=warning"},
        folder_.path() + "/planning.log");
    ASSERT_EQ(planning_->Run({"--migrate"}), 0) << planning_->Log();
    rpc::PeerOptions peer;
    peer.address = "unix:" + socket;
    auto channel = rpc::Connect(peer);
    ASSERT_THAT(channel, IsOk());
    channel_ = *channel;
    planning_->Start();
  }

  void KillDatabase() {
    database_.Kill();
    ++kills_;
  }

  void KillPlanning() {
    planning_->Kill();
    ++kills_;
  }

  // Clients that work, and what they have sent in all.
  struct Progress {
    std::atomic<int> attempts = 0;
    std::atomic<int> working = kClerks;
  };

  // Waits until the clients have sent so many requests, and a moment more.
  void AwaitAttempts(const Progress& progress, int wanted) {
    EXPECT_TRUE(
        Await(absl::Minutes(2), [&] { return progress.attempts.load() >= wanted || progress.working.load() == 0; }));
    Pause(absl::Microseconds(random_() % 3000));
  }

  void AwaitFailpoint(const Progress& progress) {
    EXPECT_TRUE(Await(absl::Minutes(2), [&] { return !planning_->Running() || progress.working.load() == 0; }));
    EXPECT_FALSE(planning_->Running()) << "the failpoint was not reached";
    KillPlanning();
  }

  // One fault in the middle of the clerks' work, and everything up again.
  void Strike(Fault fault, const Progress& progress) {
    const int moment = 1 + random_() % (kWrites * 3 / 4);
    switch (fault) {
      case Fault::kService:
        AwaitAttempts(progress, moment);
        KillPlanning();
        planning_->Start();
        return;
      case Fault::kServiceAfterCommit:
        AwaitFailpoint(progress);
        planning_->Start();
        return;
      case Fault::kDatabase:
        AwaitAttempts(progress, moment);
        KillDatabase();
        database_.Start();
        return;
      case Fault::kBoth:
        AwaitAttempts(progress, moment);
        KillDatabase();
        KillPlanning();
        break;
      case Fault::kBothAfterCommit:
        AwaitFailpoint(progress);
        KillDatabase();
        break;
    }
    database_.Start();
    planning_->Start();
  }

  absl::StatusOr<Findings> Run(Fault fault, int number, const std::string& district) {
    const std::string principals = absl::StrCat("users/fault-", number, "-");
    Progress progress;
    std::vector<std::unique_ptr<Clerk>> clerks;
    for (int i = 0; i < kClerks; ++i) {
      clerks.push_back(
          std::make_unique<Clerk>(Clerk::Settings{absl::StrCat(principals, i), absl::StrCat("districts/", district), i,
                                                  static_cast<unsigned>(random_()), channel_, &progress.attempts}));
    }
    const std::string shared = clerks[0]->OpenSharedSchool();
    for (const auto& clerk : clerks) clerk->Share(shared);
    if (fault == Fault::kServiceAfterCommit || fault == Fault::kBothAfterCommit) {
      planning_->Kill();
      planning_->Start({absl::StrCat("EDUDELTA_FAILPOINTS=after_commit=", 1 + random_() % (kWrites / 2))});
    }
    std::vector<std::thread> threads;
    for (const auto& clerk : clerks) {
      threads.emplace_back([&] {
        clerk->Work(kWritesEach);
        progress.working.fetch_sub(1);
      });
    }
    Strike(fault, progress);
    for (std::thread& thread : threads) thread.join();
    Ledger ledger;
    for (const auto& clerk : clerks) ledger.Add(clerk->ledger());
    for (const Sent& sent : ledger.sent) {
      acknowledged_ += sent.answer == Answer::kAcknowledged;
      refused_ += sent.answer == Answer::kRefused;
    }
    requests_ += static_cast<int>(ledger.sent.size());
    attempts_ += ledger.attempts;
    ASSIGN_OR_RETURN(Findings findings, AuditDistrict(*pool_, *cipher_, district, principals, ledger));
    if (!findings.problems.empty()) return findings;
    ASSIGN_OR_RETURN(const std::vector<std::string> lists, CompareLists(*pool_, channel_, district));
    findings.problems.insert(findings.problems.end(), lists.begin(), lists.end());
    return findings;
  }

  absl::StatusOr<std::vector<std::string>> Districts() {
    std::vector<std::string> districts;
    RETURN_IF_ERROR(pool_->Read(absl::Now() + absl::Seconds(60), [&](db::Session& session) -> absl::Status {
      ASSIGN_OR_RETURN(db::Rows rows,
                       session.Query("SELECT `district_id` FROM `district` WHERE `level` = 4 ORDER BY `district_id`"));
      while (rows.Next()) districts.push_back(rows.Text(0));
      return absl::OkStatus();
    }));
    return districts;
  }

  Folder folder_;
  edudelta::testing::Database database_{{.durable = true}};
  metrics::Registry registry_;
  std::unique_ptr<crypto::FieldCipher> cipher_;
  std::unique_ptr<db::Pool> pool_;
  std::unique_ptr<Program> planning_;
  std::shared_ptr<grpc::Channel> channel_;
  std::mt19937 random_{static_cast<unsigned>(SettingOf("FAULT_SEED", 20261121))};
  int kills_ = 0;
  int requests_ = 0;
  int acknowledged_ = 0;
  int refused_ = 0;
  int attempts_ = 0;
};

TEST_F(WritesUnderFaults, AreNeitherLostNorDoubled) {
  const int runs = SettingOf("FAULT_RUNS", kRuns);
  const auto districts = Districts();
  ASSERT_THAT(districts, IsOk());
  ASSERT_LE(runs, static_cast<int>(districts->size())) << "one district a run";
  int versions = 0;
  int given_up = 0;
  int given_up_done = 0;
  for (int run = 0; run < runs; ++run) {
    const auto findings = Run(kFaults[run % std::size(kFaults)], run, (*districts)[run]);
    ASSERT_THAT(findings, IsOk()) << "run " << run << "\n" << planning_->Log();
    ASSERT_TRUE(findings->problems.empty()) << "run " << run << " in district " << (*districts)[run] << ":\n"
                                            << absl::StrJoin(findings->problems, "\n") << "\n"
                                            << planning_->Log();
    versions += findings->versions;
    given_up += findings->given_up;
    given_up_done += findings->given_up_done;
  }
  const auto feed = AuditFeed(*pool_);
  ASSERT_THAT(feed, IsOk());
  EXPECT_TRUE(feed->empty()) << absl::StrJoin(*feed, "\n");
  EXPECT_GE(kills_, runs);
  std::printf(
      "%d runs, %d kills, %d requests in %d attempts: %d acknowledged, %d refused for an old etag, %d given up of "
      "which %d "
      "were done; %d versions of rows\n",
      runs, kills_, requests_, attempts_, acknowledged_, refused_, given_up, given_up_done, versions);
}

}  // namespace
}  // namespace edudelta::fault
