#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/db/pool.h"
#include "common/log/log.h"
#include "common/metrics/registry.h"
#include "edudelta/feed/v1/feed.pb.h"

namespace edudelta::outbox {

// Follows one dataset of another service into tables of this one. Each page is applied in one transaction with the
// cursor (table `feed_cursor`), so an event counts once however often it is fetched, by however many processes.
// Thread-safe. Metrics: edudelta_follower_applied_total and edudelta_follower_failing (0 or 1), by source and dataset.
class Follower {
 public:
  // One page from the source; ends at the deadline.
  using Fetch = std::function<absl::StatusOr<feed::v1::ListEventsResponse>(const feed::v1::ListEventsRequest&,
                                                                           absl::Time deadline)>;
  // What the service has done with an event before: nothing, or a copy that lacked a column is filled once more.
  enum class Turn { kFirst, kAgain };
  // Writes what the event says through `tx` and nothing else. May be run again for the same event if the transaction
  // did not commit; of those that commit, one is of kFirst. A failure stops the feed at this event until it succeeds.
  using Apply = std::function<absl::Status(db::Tx& tx, const feed::v1::Event& event, Turn turn)>;

  struct Options {
    // "planning"
    std::string source;
    // "planning.School"
    std::string dataset;
    absl::Duration poll = absl::Milliseconds(200);
    // Events per page and transaction.
    int page = 200;
  };

  // The references outlive the follower.
  Follower(Options options, Fetch fetch, Apply apply, db::Pool& pool, metrics::Registry& registry,
           const log::Logger& logger, const Clock& clock);
  ~Follower();

  // A thread that pulls, polling when there is nothing new.
  void Start();
  void Stop();

  // Pulls until everything is here that the source committed before this call; concurrent callers share pulls.
  // Failures: of the fetch, the database or Apply; DEADLINE_EXCEEDED, reason FEED_TIMEOUT, also when the source did not
  // publish what it committed, and when this one is stopped.
  absl::Status CatchUp(absl::Time deadline);

 private:
  void Run();
  // What the source has committed and not published: the first and the last, 0 when there is nothing.
  struct Unpublished {
    int64_t first = 0;
    int64_t last = 0;
  };
  enum class Ask { kEvents, kUnpublishedToo };
  // Everything that is published.
  absl::StatusOr<Unpublished> Pull(Ask ask, absl::Time deadline);
  // One pull, begun after this call, for all who ask meanwhile.
  absl::StatusOr<Unpublished> PullShared(Ask ask, absl::Time deadline);
  absl::StatusOr<int64_t> ReadCursor(absl::Time deadline);
  absl::Status Store(const feed::v1::ListEventsResponse& page, absl::Time deadline, int64_t* cursor);
  void Note(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  const Fetch fetch_;
  const Apply apply_;
  db::Pool& pool_;
  const log::Logger& logger_;
  const Clock& clock_;
  prometheus::Counter& applied_;
  prometheus::Gauge& failing_;

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool pulling_ ABSL_GUARDED_BY(mutex_) = false;
  // Pulls started and ended; they follow one another.
  int64_t started_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t ended_ ABSL_GUARDED_BY(mutex_) = 0;
  // Of the last pull that ended.
  absl::StatusOr<Unpublished> last_ ABSL_GUARDED_BY(mutex_) = Unpublished();
  Ask last_ask_ ABSL_GUARDED_BY(mutex_) = Ask::kEvents;
  bool reported_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace edudelta::outbox
