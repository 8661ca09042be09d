#pragma once

#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "edudelta/exchange/v1/policy.pb.h"
#include "exchange/api/settings.h"

namespace edudelta::service {
class Runtime;
}

namespace edudelta::exchange::api {

class PolicyState;

using PolicyMessage = std::shared_ptr<const v1::PolicyUpdate>;

// One gateway's stream, without its transport.
class PolicySink {
 public:
  virtual ~PolicySink() = default;
  // Never blocks. False when the stream is too far behind to take it: it wants a snapshot instead.
  virtual bool Push(PolicyMessage message) = 0;
  virtual void End(const absl::Status& status) = 0;
};

// Follows the policy's version in the database and tells every stream: within milliseconds of a change made here
// (Touch), within 50 ms of one made by another instance. Whatever it sends renews the gateways' lease, so it sends only
// what a successful read of the database has just confirmed: without the database, gateways come to deny. Thread-safe.
class PolicyHub {
 public:
  // `settings` outlives the hub and is complete before Start.
  explicit PolicyHub(const Settings& settings) : settings_(settings) {}
  ~PolicyHub() { Stop(); }

  // A transaction that changes the policy is about to commit.
  void Touch();

  // `runtime` outlives the time until Stop.
  void Start(service::Runtime& runtime);
  // Ends all streams with UNAVAILABLE, reason SHUTTING_DOWN; later ones at once.
  void Stop();

  // The first message is a snapshot.
  void Add(std::shared_ptr<PolicySink> sink);
  void Remove(const std::shared_ptr<PolicySink>& sink);

 private:
  void Run(service::Runtime& runtime);
  // False when stopped.
  bool Wait();
  // `update` to the streams that follow, a snapshot of `state` to the others.
  void Send(v1::PolicyUpdate update, const PolicyState& state);
  PolicyMessage MessageOf(v1::PolicyUpdate update) const;

  const Settings& settings_;
  absl::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time hurry_until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::set<std::shared_ptr<PolicySink>> sinks_ ABSL_GUARDED_BY(mutex_);
  // Those that begin, or have fallen behind.
  std::set<std::shared_ptr<PolicySink>> want_snapshot_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace edudelta::exchange::api
