#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/failpoint.h"
#include "common/log/log.h"
#include "common/metrics/registry.h"
#include "common/rpc/trace.h"
#include "gateway/codec/json.h"
#include "gateway/http/server.h"
#include "gateway/policy/decide.h"
#include "gateway/routes/route_table.h"
#include "google/protobuf/timestamp.pb.h"

namespace edudelta::resource::v1 {
class ImportResponse;
}

namespace edudelta::gateway::forward {

// What is told about requests: one log line and two metrics each. Counts those that are being answered. Thread-safe.
class Tally {
 public:
  // `failpoints` may be null.
  Tally(metrics::Registry& registry, const log::Logger& logger, const Clock& clock, Failpoints* failpoints,
        int log_one_call_in = 1);

  const Clock& clock() const { return clock_; }
  void CountBackendError(absl::string_view service, absl::string_view code);
  // Partners were denied and the evidence log will not be told.
  void CountUnrecordedDenials(std::int64_t count);
  // Records that leave for a partner.
  void CountPartnerRecords(const policy::Decision& decision, std::int64_t records);
  // What became of the rows of an import, by the service and before it.
  void CountImported(const std::string& dataset, const resource::v1::ImportResponse& rows);
  // How an import ended, and how long it took.
  void CountImport(const std::string& dataset, const absl::Status& ended, absl::Duration took);
  // The rows that an export handed to its connection before it ended.
  void CountExport(const std::string& dataset, const absl::Status& ended, std::int64_t rows);
  // An export was cut off and the evidence log will not be told how much of it can have left.
  void CountUnrecordedCut();

  // Until every request has been let go of.
  void AwaitNone();

 private:
  friend class Pending;
  void Enter();
  void Leave();
  void CountPartner(const policy::Decision& decision, int status, absl::string_view reason);
  void Record(const class Pending& pending, int status, absl::string_view reason, absl::Time ended);

  metrics::Registry& registry_;
  const log::Logger& logger_;
  const Clock& clock_;
  Failpoints* const failpoints_;
  const int log_one_call_in_;
  absl::Mutex mutex_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Mutex series_mutex_;
  absl::flat_hash_map<std::string, prometheus::Counter*> totals_ ABSL_GUARDED_BY(series_mutex_);
  absl::flat_hash_map<std::string, prometheus::Histogram*> seconds_ ABSL_GUARDED_BY(series_mutex_);
};

// What a read asks for beside its target, as far as the evidence log tells it.
struct Asked {
  std::optional<google::protobuf::Timestamp> read_time;
  std::vector<std::string> filter_fields;
};

// One HTTP request on its way through the gateway. Filled step by step by one thread at a time; answered once, by any.
class Pending : public std::enable_shared_from_this<Pending> {
 public:
  Pending(Tally& tally, const codec::JsonCodec& json, std::shared_ptr<http::Exchange> exchange);
  ~Pending();
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;

  const http::Request& request() const { return exchange->request(); }
  absl::Time Now() const { return tally_.clock().Now(); }

  // Answers, once: what comes later is dropped.
  void Answer(http::Response response, absl::string_view reason = {});
  void Fail(const absl::Status& status);
  // The address has methods, but the request's is none of them: OPTIONS asks for them, to others they are told with the
  // refusal.
  void AnswerMethods(const std::string& allow);
  // The answer has been streamed, or broken off for `reason`: only tells.
  void Ended(int status, absl::string_view reason = {});

  // Headers that every answer carries.
  void AddCommonHeaders(http::Headers* headers) const;

  const std::shared_ptr<http::Exchange> exchange;
  const rpc::Trace trace;
  // The client's X-Request-Id if it is a UUID, else ours: for logs and answers only.
  const std::string request_id;
  const absl::Time started;
  absl::Time deadline;
  // "planning.ListSchools", or the name of an own endpoint; never anything a client can choose.
  std::string label = "unknown";
  // "edudelta.planning.v1.PlanningService/ListSchools"
  std::string method;
  routes::Match match;
  Asked asked;
  policy::Decision decision;
  // Of the evidence entry; 0 without one.
  std::int64_t sequence = 0;
  // Opens the entry's digest of the response; empty without one.
  std::string digest_key;
  // Told with a 429.
  absl::Duration retry_after = absl::Seconds(1);

 private:
  friend class Tally;
  Tally& tally_;
  const codec::JsonCodec& json_;
  std::atomic<bool> answered_{false};
};

}  // namespace edudelta::gateway::forward
