// Killing exchange and gateway around Record; no body byte leaves without its entry.
#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/crypto/canonical.h"
#include "common/crypto/digest.h"
#include "common/testing/matchers.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "edudelta/planning/v1/school.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "tests/fault/partner.h"
#include "tests/fault/program.h"
#include "tests/fault/region.h"

namespace edudelta::fault {
namespace {

using edudelta::testing::IsOk;

constexpr int kRuns = 50;
constexpr int kPartners = 4;
constexpr int kAnswersEach = 8;
constexpr int kAnswers = kPartners * kAnswersEach;
// Three chunks of an export.
constexpr int kSchools = 2500;
constexpr char kAgreement[] = "agreements/fault";

enum class Fault { kExchange, kExchangeAfterRecord, kGateway, kGatewayBeforeReply, kExchangeAndGateway, kDatabase };
constexpr Fault kFaults[] = {Fault::kExchange,           Fault::kExchangeAfterRecord, Fault::kGateway,
                             Fault::kGatewayBeforeReply, Fault::kExchangeAndGateway,  Fault::kDatabase};

struct Entry {
  int64_t sequence = 0;
  int64_t records = 0;
  std::string digest;
};

// As the receiver of an answer can tell with its key.
template <typename Message>
std::string DigestOf(const std::string& json, const std::string& key) {
  Message message;
  if (!google::protobuf::util::JsonStringToMessage(json, &message).ok()) return "not the JSON of an answer";
  return absl::BytesToHexString(crypto::HmacSm3(absl::HexStringToBytes(key), crypto::CanonicalSm3(message)));
}

int64_t CountOf(absl::string_view text, absl::string_view word) {
  int64_t count = 0;
  for (size_t at = text.find(word); at != absl::string_view::npos; at = text.find(word, at + word.size())) ++count;
  return count;
}

class ReadsUnderFaults : public ::testing::Test {
 protected:
  struct Progress {
    std::atomic<int> attempts = 0;
    std::atomic<int> working = kPartners;
  };

  void AwaitAttempts(const Progress& progress) {
    const int moment = 1 + random_() % (kAnswers * 3 / 4);
    EXPECT_TRUE(Await(absl::Minutes(2), [&] { return progress.attempts >= moment || progress.working == 0; }));
    Pause(absl::Microseconds(random_() % 5000));
  }

  // The program ends itself at its failpoint.
  void AwaitEnd(Program& program, const Progress& progress) {
    EXPECT_TRUE(Await(absl::Minutes(2), [&] { return !program.Running() || progress.working == 0; }));
    EXPECT_FALSE(program.Running()) << "the failpoint was not reached";
    program.Kill();
    program.Start();
  }

  void Strike(Fault fault, const Progress& progress) {
    switch (fault) {
      case Fault::kExchange:
        AwaitAttempts(progress);
        region_.exchange().Kill();
        region_.exchange().Start();
        break;
      case Fault::kExchangeAfterRecord:
        AwaitEnd(region_.exchange(), progress);
        break;
      case Fault::kGateway:
        AwaitAttempts(progress);
        region_.gateway().Kill();
        region_.gateway().Start();
        break;
      case Fault::kGatewayBeforeReply:
        AwaitEnd(region_.gateway(), progress);
        break;
      case Fault::kExchangeAndGateway:
        AwaitAttempts(progress);
        region_.exchange().Kill();
        region_.gateway().Kill();
        ++kills_;
        region_.gateway().Start();
        region_.exchange().Start();
        break;
      case Fault::kDatabase:
        AwaitAttempts(progress);
        region_.database().Kill();
        region_.database().Start();
        break;
    }
    ++kills_;
  }

  std::vector<Reading> Run(Fault fault, int number) {
    const std::string token = region_.Token();
    Progress progress;
    std::vector<std::unique_ptr<Partner>> partners;
    for (int i = 0; i < kPartners; ++i) {
      partners.push_back(
          std::make_unique<Partner>(Partner::Settings{region_.port(), token, absl::StrCat("run", number, "-", i),
                                                      static_cast<unsigned>(random_()), kSchools, &progress.attempts}));
    }
    if (fault == Fault::kExchangeAfterRecord || fault == Fault::kGatewayBeforeReply) {
      const bool exchange = fault == Fault::kExchangeAfterRecord;
      Program& program = exchange ? region_.exchange() : region_.gateway();
      program.Kill();
      program.Start({absl::StrCat(
          "EDUDELTA_FAILPOINTS=", exchange ? "after_record=" : "before_reply=", 1 + random_() % (kAnswersEach / 2))});
    }
    std::vector<std::thread> threads;
    for (const auto& partner : partners) {
      threads.emplace_back([&] {
        partner->Read(kAnswersEach);
        progress.working.fetch_sub(1);
      });
    }
    Strike(fault, progress);
    for (std::thread& thread : threads) thread.join();
    std::vector<Reading> readings;
    for (const auto& partner : partners) {
      readings.insert(readings.end(), partner->readings().begin(), partner->readings().end());
    }
    return readings;
  }

  // Entries of this run by case number.
  absl::StatusOr<std::multimap<std::string, Entry>> EntriesOf(int run) {
    std::multimap<std::string, Entry> entries;
    RETURN_IF_ERROR(region_.pool().Read(absl::Now() + absl::Seconds(60), [&](db::Session& session) -> absl::Status {
      ASSIGN_OR_RETURN(
          db::Rows rows,
          session.Query(
              "SELECT `case_number`, `sequence`, `record_count`, `response_digest` FROM `access_entry` WHERE "
              "`case_number` LIKE ? AND `outcome` = 1 AND `principal` = 'organizations/kunshan/clients/fault' "
              "AND `agreement` = ? AND `purpose` = 'BALANCE_EVALUATION' AND `dataset` = 'planning.School'",
              {absl::StrCat("run", run, "-%"), std::string(kAgreement)}));
      while (rows.Next()) entries.emplace(rows.Text(0), Entry{rows.Int(1), rows.Int(2), rows.Text(3)});
      return absl::OkStatus();
    }));
    return entries;
  }

  std::vector<std::string> Audit(const std::vector<Reading>& readings,
                                 const std::multimap<std::string, Entry>& entries) {
    std::vector<std::string> problems;
    for (const Reading& reading : readings) {
      const HttpAnswer& answer = reading.answer;
      const auto [first, last] = entries.equal_range(reading.case_number);
      const auto problem = [&](const std::string& what) {
        problems.push_back(absl::StrCat(reading.case_number, ": ", what, "; status ", answer.status, ", ",
                                        answer.body.size(), " bytes, ", std::distance(first, last), " entries; ",
                                        answer.body.substr(0, 300)));
      };
      ++requests_;
      entries_ += static_cast<int>(std::distance(first, last));
      if (answer.status != 200) {
        ++failed_;
        if (answer.status != 0 && answer.status != 503 && answer.status != 504)
          problem("an answer that no client should get");
        if (absl::StrContains(answer.body, kSharedWord)) problem("data in an answer that failed");
        continue;
      }
      ++(answer.complete ? complete_ : cut_);
      if (first == last) {
        problem("a body without an entry");
        continue;
      }
      int64_t recorded = 0;
      bool named = false;
      for (auto it = first; it != last; ++it) {
        recorded += it->second.records;
        named |= absl::StrCat(it->second.sequence) == HeaderOf(answer, "edudelta-entry");
      }
      if (!named) problem("the header names another entry: " + HeaderOf(answer, "edudelta-entry"));
      const int64_t received = CountOf(answer.body, kSharedWord);
      if (received > recorded) problem(absl::StrCat("received ", received, " records, recorded ", recorded));
      if (answer.complete && received != recorded)
        problem(absl::StrCat("received ", received, " records, recorded ", recorded));
      if (!answer.complete || reading.question == Question::kExport) continue;
      const std::string key = HeaderOf(answer, "edudelta-entry-key");
      const std::string digest = reading.question == Question::kGet
                                     ? DigestOf<planning::v1::School>(answer.body, key)
                                     : DigestOf<planning::v1::ListSchoolsResponse>(answer.body, key);
      if (std::distance(first, last) != 1 || digest != first->second.digest)
        problem("the entry is about another body: " + digest);
    }
    return problems;
  }

  static std::string HeaderOf(const HttpAnswer& answer, const std::string& name) {
    const auto found = answer.headers.find(name);
    return found == answer.headers.end() ? "" : found->second;
  }

  // Sequence numbers of a district have no gaps; each access is claimed once and counted in the quota once.
  absl::Status CheckBooks() {
    return region_.pool().Read(absl::Now() + absl::Seconds(60), [&](db::Session& session) -> absl::Status {
      ASSIGN_OR_RETURN(
          db::Rows rows,
          session.Query(
              "SELECT COUNT(*), COUNT(DISTINCT `district_id`, `sequence`), (SELECT COUNT(*) FROM (SELECT 1 FROM "
              "`access_entry` GROUP BY `district_id` HAVING MIN(`sequence`) <> 1 OR MAX(`sequence`) <> COUNT(*)) g), "
              "0, "
              "(SELECT `next_sequence` FROM `evidence_head`), SUM(`outcome` = 1), (SELECT COUNT(*) FROM "
              "`record_claim`), "
              "(SELECT COUNT(*) FROM `record_claim` c JOIN `access_entry` e ON e.`sequence` = c.`sequence` AND "
              "e.`request_id` = c.`request_id`), (SELECT SUM(`calls`) FROM `quota_use`), "
              "(SELECT COUNT(*) FROM `record_claim` WHERE `chunk` = 0), (SELECT SUM(`records`) FROM `quota_use`), "
              "SUM(IF(`outcome` = 1, `record_count`, 0)) FROM `access_entry`"));
      rows.Next();
      const int64_t count = rows.Int(0);
      EXPECT_EQ(rows.Int(1), count);
      EXPECT_EQ(rows.Int(2), 0) << "districts with gaps";
      EXPECT_EQ(rows.Int(4), count + 1);
      EXPECT_EQ(rows.Int(6), rows.Int(5)) << "claims of allowed entries";
      EXPECT_EQ(rows.Int(7), rows.Int(5)) << "claims with their entry";
      EXPECT_EQ(rows.Int(8), rows.Int(9)) << "calls counted in the quota";
      EXPECT_EQ(rows.Int(10), rows.Int(11)) << "records counted in the quota";
      return absl::OkStatus();
    });
  }

  Region region_{kSchools};
  std::mt19937 random_{static_cast<unsigned>(SettingOf("FAULT_SEED", 20261121))};
  int kills_ = 0;
  int requests_ = 0;
  int complete_ = 0;
  int cut_ = 0;
  int failed_ = 0;
  int entries_ = 0;
};

TEST_F(ReadsUnderFaults, HaveAnEntryForEachBody) {
  const int runs = SettingOf("FAULT_RUNS", kRuns);
  for (int run = 0; run < runs; ++run) {
    const std::vector<Reading> readings = Run(kFaults[run % std::size(kFaults)], run);
    const auto entries = EntriesOf(run);
    ASSERT_THAT(entries, IsOk());
    const std::vector<std::string> problems = Audit(readings, *entries);
    ASSERT_TRUE(problems.empty()) << "run " << run << ":\n"
                                  << absl::StrJoin(problems, "\n") << "\n"
                                  << region_.exchange().Log() << region_.gateway().Log();
    ASSERT_GE(complete_, kAnswers * (run + 1)) << "run " << run << ": some partners were never answered\n"
                                               << region_.exchange().Log() << region_.gateway().Log();
  }
  ASSERT_THAT(CheckBooks(), IsOk());
  EXPECT_LE(complete_ + cut_, entries_);
  EXPECT_GE(kills_, runs);
  std::printf("%d runs, %d kills, %d requests: %d complete bodies, %d cut off, %d failed; %d entries\n", runs, kills_,
              requests_, complete_, cut_, failed_, entries_);
}

}  // namespace
}  // namespace edudelta::fault
