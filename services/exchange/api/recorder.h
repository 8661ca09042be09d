#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/service/runtime.h"
#include "edudelta/exchange/v1/access_entry.pb.h"
#include "exchange/store/evidence.h"

namespace edudelta::exchange::api {

// Writes the evidence of accesses in groups: whatever has come while one transaction committed goes into the next, up
// to 200, so that an idle service answers at once and a busy one shares its commits. An entry is answered after COMMIT.
// Refusals take what room the accesses leave: no number of them keeps an access waiting.
//
// In a group each request stands for itself: RESOURCE_EXHAUSTED, reason QUOTA_EXCEEDED; FAILED_PRECONDITION, reason
// AGREEMENT_NOT_ACTIVE (also before its start, after its end, with another hash, or for another consumer);
// INVALID_ARGUMENT, reason REQUEST_ID_REUSED, when the claim was for something else. The same request again has the
// same sequence number and takes no quota. A denied access takes neither claim nor quota, nor does the end of one that
// was cut off, so one whose answer was lost may be entered twice. Thread-safe.
class Recorder {
 public:
  using Done = std::function<void(absl::StatusOr<v1::RecordResponse>)>;

  // `runtime` outlives this.
  explicit Recorder(service::Runtime& runtime);
  // Answers all that was accepted.
  ~Recorder();

  // Never blocks. `done` is called once, from any thread, perhaps before this returns.
  void Record(const v1::RecordRequest& request, absl::Time deadline, Done done);

 private:
  struct Pending {
    v1::AccessEntry entry;
    std::string district;
    int32_t chunk = 0;
    // Of the whole request.
    std::string request_hash;
    absl::Time deadline;
    Done done;
    // Opens the entry's digest.
    std::string digest_key;
    absl::StatusOr<int64_t> answer = int64_t{0};
  };
  using Group = std::vector<std::unique_ptr<Pending>>;
  // What a group reads before it decides, and how its requests change it.
  struct Standing;

  absl::Status Check(const v1::RecordRequest& request, Pending* pending) const;
  void Commit();
  void Answer();
  void WriteGroup(Group& group);
  absl::Status Attempt(const std::vector<Pending*>& group, absl::Time deadline);
  // `head`: the last sequence number there is, of all districts.
  absl::Status Write(db::Tx& tx, const std::vector<Pending*>& group, int64_t* head);
  absl::StatusOr<Standing> Open(db::Tx& tx, const std::vector<Pending*>& group) const;
  // A sequence number that exists, 0 for a new entry, or why not.
  static absl::StatusOr<int64_t> Decide(const Pending& pending, Standing& standing);

  service::Runtime& runtime_;
  resource::Engine& engine_;
  prometheus::Counter& entries_;
  prometheus::Counter& groups_;
  prometheus::Gauge& waiting_;
  prometheus::Histogram& commit_;
  absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool committed_all_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<std::unique_ptr<Pending>> accesses_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::unique_ptr<Pending>> refusals_ ABSL_GUARDED_BY(mutex_);
  std::deque<Group> answered_ ABSL_GUARDED_BY(mutex_);
  std::thread committer_;
  // Answering costs more than entering; the next group must not wait for it.
  std::thread answerer_;
};

}  // namespace edudelta::exchange::api
