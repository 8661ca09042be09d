// What gateways see of a change, and when.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/testing/matchers.h"
#include "edudelta/exchange/v1/agreement.pb.h"
#include "edudelta/exchange/v1/policy.pb.h"
#include "edudelta/exchange/v1/types.pb.h"
#include "edudelta/exchange/v1/user.pb.h"
#include "exchange/api/testing.h"
#include "exchange/domain/content.h"

namespace edudelta::exchange::api {
namespace {

using testing::IsOk;

// A gateway's stream, read on a thread.
class Stream {
 public:
  explicit Stream(TestNode& node, const call::v1::Caller& caller = TestNode::Gateway())
      : context_(caller, absl::Now() + absl::Seconds(60), "") {
    v1::WatchPolicyRequest request;
    request.set_gateway("test");
    stream_ = std::make_unique<rpc::DownloadCall>(*node.channel(), node.Method("WatchPolicy"), context_, request);
    thread_ = std::thread([this] {
      v1::PolicyUpdate update;
      while (stream_->Next(&update)) {
        absl::MutexLock lock(&mutex_);
        updates_.push_back(update);
      }
      const absl::Status end = stream_->Finish();
      absl::MutexLock lock(&mutex_);
      end_ = end;
      ended_ = true;
    });
  }
  ~Stream() {
    context_.get()->TryCancel();
    thread_.join();
  }

  // The next one; aborts after 20 s or when the stream ended.
  v1::PolicyUpdate Next() {
    absl::MutexLock lock(&mutex_);
    auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return ended_ || !updates_.empty(); };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&ready), absl::Seconds(20)));
    if (updates_.empty()) std::abort();
    v1::PolicyUpdate update = updates_.front();
    updates_.pop_front();
    return update;
  }
  // Reads on until the agreement or account is told in this state. Older ones may come before: a stream begins with
  // what the service last read.
  void Until(const std::string& name, v1::Agreement::State state) {
    for (bool told = false; !told;) {
      const v1::PolicyUpdate update = Next();
      for (const auto& one : update.agreements()) told = told || (one.name() == name && one.state() == state);
    }
  }
  void Until(const std::string& name, v1::AccountState state) {
    for (bool told = false; !told;) {
      const v1::PolicyUpdate update = Next();
      for (const auto& one : update.principals()) told = told || (one.name() == name && one.state() == state);
    }
  }
  absl::Status End() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&ended_));
    return end_;
  }

 private:
  rpc::Context context_;
  std::unique_ptr<rpc::DownloadCall> stream_;
  absl::Mutex mutex_;
  std::deque<v1::PolicyUpdate> updates_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

TEST(WatchPolicy, BeginsWithEverythingAndTellsARevocation) {
  TestNode node;
  node.MakeParties();
  node.MakeAgreement("draft", v1::Agreement::STATE_DRAFT);
  const v1::Agreement agreement = node.MakeAgreement("a", v1::Agreement::STATE_ACTIVE);
  Stream stream(node);
  const v1::PolicyUpdate snapshot = stream.Next();
  EXPECT_TRUE(snapshot.snapshot());
  EXPECT_EQ(snapshot.principals_size(), 4);
  EXPECT_EQ(snapshot.organizations_size(), 2);
  ASSERT_EQ(snapshot.agreements_size(), 1) << "drafts are nobody's policy";
  EXPECT_EQ(snapshot.agreements(0).content_hash(), agreement.content_hash());
  EXPECT_EQ(domain::HashOf(snapshot.agreements(0).content()), agreement.content_hash());
  EXPECT_EQ(snapshot.jwks(), node.parts.settings.signer->Jwks());
  EXPECT_EQ(snapshot.token_issuer(), "edudelta");
  EXPECT_EQ(snapshot.lease_seconds(), 10);

  ASSERT_THAT(node.Revoke(TestNode::Officer("kunshan"), agreement.name()), IsOk());
  stream.Until(agreement.name(), v1::Agreement::STATE_REVOKED);

  const v1::Agreement next = node.MakeAgreement("b", v1::Agreement::STATE_PROPOSED);
  stream.Until(next.name(), v1::Agreement::STATE_PROPOSED);

  v1::DisableUserRequest disable;
  disable.set_name("organizations/kunshan/users/officer");
  v1::User user;
  ASSERT_THAT(node.Call(TestNode::Administrator(), "DisableUser", disable, &user), IsOk());
  stream.Until(disable.name(), v1::ACCOUNT_STATE_DISABLED);
}

TEST(WatchPolicy, SeesWhatAnotherInstanceWrote) {
  TestNode first;
  first.MakeParties();
  TestNode second(testing::Database::Shared(), &first.schema());
  Stream stream(second);
  EXPECT_TRUE(stream.Next().snapshot());
  const v1::Agreement agreement = first.MakeAgreement("a", v1::Agreement::STATE_ACTIVE);
  stream.Until(agreement.name(), v1::Agreement::STATE_ACTIVE);
}

TEST(WatchPolicy, KeepsTheLeaseAliveAndEndsWithTheService) {
  auto node = std::make_unique<TestNode>();
  Stream stream(*node);
  const int64_t version = stream.Next().version();
  const v1::PolicyUpdate heartbeat = stream.Next();
  EXPECT_FALSE(heartbeat.snapshot());
  EXPECT_EQ(heartbeat.version(), version);
  EXPECT_EQ(heartbeat.lease_seconds(), 10);
  node.reset();
  EXPECT_EQ(stream.End().code(), absl::StatusCode::kUnavailable);
}

TEST(WatchPolicy, SnapshotsAgainWhenChangesWereLost) {
  TestNode node;
  node.MakeParties();
  Stream stream(node);
  EXPECT_TRUE(stream.Next().snapshot());
  // As after a restore, or when the list of changes was cut.
  ASSERT_THAT(node.Execute("UPDATE policy_version SET version = version + 5"), IsOk());
  v1::PolicyUpdate update = stream.Next();
  while (!update.snapshot()) update = stream.Next();
  EXPECT_EQ(update.organizations_size(), 2);
}

TEST(WatchPolicy, ForgetsWhatARestoredDatabaseDoesNotHave) {
  TestNode node;
  node.MakeParties();
  node.MakeAgreement("a", v1::Agreement::STATE_ACTIVE);
  node.MakeAgreement("b", v1::Agreement::STATE_ACTIVE);
  {
    Stream stream(node);
    stream.Until("agreements/b", v1::Agreement::STATE_ACTIVE);
  }
  ASSERT_THAT(node.Execute("DELETE FROM agreement WHERE agreement_id = 'b'"), IsOk());
  ASSERT_THAT(node.Execute("DELETE FROM user_account WHERE organization_id = 'kunshan' AND user_id = 'deputy'"),
              IsOk());
  ASSERT_THAT(node.Execute("UPDATE policy_version SET version = version - 5"), IsOk());
  Stream stream(node);
  v1::PolicyUpdate update = stream.Next();
  // A stream begins with what was last read.
  while (!update.snapshot() || update.agreements_size() > 1) update = stream.Next();
  EXPECT_EQ(update.agreements(0).name(), "agreements/a");
  EXPECT_EQ(update.principals_size(), 3);
}

TEST(WatchPolicy, IsForServicesAlone) {
  TestNode node;
  Stream stream(node, TestNode::Administrator());
  EXPECT_EQ(ReasonOf(stream.End()), "ROLE_MISSING");
}

TEST(WatchPolicy, RecoversWithTheDatabase) {
  testing::Database database;
  TestNode node(database);
  Stream stream(node);
  EXPECT_TRUE(stream.Next().snapshot());
  const int64_t version = stream.Next().version();
  database.Stop();
  database.Start();
  // It recovers by itself.
  EXPECT_GE(stream.Next().version(), version);
  node.MakeParties();
  v1::PolicyUpdate update = stream.Next();
  while (update.organizations().empty()) update = stream.Next();
}

}  // namespace
}  // namespace edudelta::exchange::api
