// Measures the exchange on a private database with durable commits, over a Unix socket, all in this process:
//   exchange_load record [callers] [seconds]       closed loop on Record: entries per second, latencies, size of groups
//   exchange_load revoke [agreements] [rounds]     from a revocation's call, and from its answer, to a gateway's stream
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/ids.h"
#include "edudelta/exchange/v1/access_entry.pb.h"
#include "edudelta/exchange/v1/agreement.pb.h"
#include "edudelta/exchange/v1/policy.pb.h"
#include "exchange/api/testing.h"

namespace edudelta::exchange::api {
namespace {

// One caller: the next call starts when the last has been answered.
class Caller {
 public:
  Caller(TestNode& node, const v1::Agreement& agreement, const std::atomic<bool>& stop, std::atomic<int>& running)
      : node_(node), agreement_(agreement), stop_(stop), running_(running) {}

  void Next() {
    if (stop_) {
      --running_;
      return;
    }
    request_ = TestNode::Access(agreement_, NewUuid());
    context_ = std::make_unique<rpc::Context>(TestNode::Gateway(), absl::Now() + absl::Seconds(10), "");
    const absl::Time begin = absl::Now();
    rpc::InvokeAsync(*node_.channel(), node_.Method("Record"), *context_, request_, &response_,
                     [this, begin](const absl::Status& status) {
                       status.ok() ? latencies.push_back(absl::ToDoubleMilliseconds(absl::Now() - begin))
                                   : void(++failures);
                       Next();
                     });
  }

  std::vector<double> latencies;
  int failures = 0;

 private:
  TestNode& node_;
  const v1::Agreement& agreement_;
  const std::atomic<bool>& stop_;
  std::atomic<int>& running_;
  std::unique_ptr<rpc::Context> context_;
  v1::RecordRequest request_;
  v1::RecordResponse response_;
};

void Record(int count, int seconds) {
  testing::Database database(testing::Database::Settings{.durable = true});
  TestNode node(database);
  node.MakeParties();
  const v1::Agreement agreement = node.MakeAgreement("load", v1::Agreement::STATE_ACTIVE);
  std::atomic<bool> stop{false};
  std::atomic<int> running{count};
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < count; ++i) callers.push_back(std::make_unique<Caller>(node, agreement, stop, running));
  const absl::Time begin = absl::Now();
  for (auto& caller : callers) caller->Next();
  absl::SleepFor(absl::Seconds(seconds));
  stop = true;
  while (running > 0) absl::SleepFor(absl::Milliseconds(1));
  const double elapsed = absl::ToDoubleSeconds(absl::Now() - begin);
  std::vector<double> all;
  int failures = 0;
  for (const auto& caller : callers) {
    all.insert(all.end(), caller->latencies.begin(), caller->latencies.end());
    failures += caller->failures;
  }
  std::sort(all.begin(), all.end());
  if (all.empty()) return void(std::printf("nothing was recorded\n"));
  std::printf("%d callers: %.0f entries/s, p50 %.2f ms, p99 %.2f ms, max %.2f ms, failures %d\n", count,
              all.size() / elapsed, all[all.size() / 2], all[all.size() * 99 / 100], all.back(), failures);
  std::printf(
      "entries in the table %s, highest sequence %s, sent %zu, mean group %.1f\n",
      node.Ask("SELECT COUNT(*) FROM access_entry").c_str(), node.Ask("SELECT MAX(sequence) FROM access_entry").c_str(),
      all.size(),
      all.size() / std::max(1.0, std::atof(node.Ask("SELECT COUNT(DISTINCT create_time) FROM access_entry").c_str())));
}

// Reads the policy stream and notes when each agreement was first seen revoked.
class Follower {
 public:
  explicit Follower(TestNode& node) : context_(TestNode::Gateway(), absl::Now() + absl::Hours(1), "") {
    stream_ = std::make_unique<rpc::DownloadCall>(*node.channel(), node.Method("WatchPolicy"), context_,
                                                  v1::WatchPolicyRequest());
    thread_ = std::thread([this] {
      v1::PolicyUpdate update;
      while (stream_->Next(&update)) {
        const absl::Time now = absl::Now();
        absl::MutexLock lock(&mutex_);
        for (const auto& one : update.agreements()) {
          if (one.state() == v1::Agreement::STATE_REVOKED) seen_.emplace(one.name(), now);
        }
      }
      (void)stream_->Finish();
    });
  }
  ~Follower() {
    context_.get()->TryCancel();
    thread_.join();
  }
  absl::Time WaitFor(const std::string& name) {
    absl::MutexLock lock(&mutex_);
    auto seen = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return seen_.count(name) > 0; };
    mutex_.Await(absl::Condition(&seen));
    return seen_.at(name);
  }

 private:
  rpc::Context context_;
  std::unique_ptr<rpc::DownloadCall> stream_;
  absl::Mutex mutex_;
  std::map<std::string, absl::Time> seen_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

void Print(const char* what, std::vector<double> all) {
  std::sort(all.begin(), all.end());
  std::printf("%s: p50 %.2f ms, p99 %.2f ms, max %.2f ms of %zu\n", what, all[all.size() / 2],
              all[all.size() * 99 / 100], all.back(), all.size());
}

void Revoke(int agreements, int rounds) {
  testing::Database database(testing::Database::Settings{.durable = true});
  TestNode node(database);
  node.MakeParties();
  std::vector<std::string> names;
  for (int i = 0; i < agreements; ++i) {
    names.push_back(node.MakeAgreement(absl::StrCat("a", i), v1::Agreement::STATE_ACTIVE).name());
  }
  Follower follower(node);
  std::vector<double> from_call;
  std::vector<double> from_answer;
  for (int i = 0; i < std::min(agreements, rounds); ++i) {
    const absl::Time begin = absl::Now();
    if (!node.Revoke(TestNode::Officer("kunshan"), names[i]).ok()) std::abort();
    const absl::Time answered = absl::Now();
    const absl::Time seen = follower.WaitFor(names[i]);
    from_call.push_back(absl::ToDoubleMilliseconds(seen - begin));
    from_answer.push_back(absl::ToDoubleMilliseconds(seen - answered));
  }
  Print("from the call to the stream", from_call);
  Print("from the answer to the stream", from_answer);
}

}  // namespace
}  // namespace edudelta::exchange::api

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  auto number = [&](int index, int otherwise) { return argc > index ? std::atoi(argv[index]) : otherwise; };
  if (what == "record") {
    edudelta::exchange::api::Record(number(2, 64), number(3, 10));
  } else if (what == "revoke") {
    edudelta::exchange::api::Revoke(number(2, 1000), number(3, 200));
  } else {
    std::fprintf(stderr, "usage: %s record [callers] [seconds] | revoke [agreements] [rounds]\n", argv[0]);
    return 2;
  }
}
