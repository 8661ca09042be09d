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
// cursor (table `feed_cursor`), so an event counts once however often it is fetched, by however many processes. A
// source whose database was set back is followed from its start again, into emptied tables. Thread-safe. Metrics:
// edudelta_follower_applied_total, edudelta_feed_restarts_total, edudelta_follower_failing (0 or 1) and
// edudelta_follower_lag_seconds, by source and dataset. The lag is the age of the oldest event that is not applied
// here; while the source cannot be asked, whatever happened since all was here may be such an event.
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
  // Deletes through `tx` all that Apply has written, but not what the events have caused besides.
  using Empty = std::function<absl::Status(db::Tx& tx)>;

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
  Follower(Options options, Fetch fetch, Apply apply, Empty empty, db::Pool& pool, metrics::Registry& registry,
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
  // Up to where the feed was read, and the event there if it is known.
  struct Place {
    int64_t position = 0;
    std::string event_id;

    friend bool operator==(const Place& a, const Place& b) {
      return a.position == b.position && a.event_id == b.event_id;
    }
  };
  absl::StatusOr<Place> ReadPlace(absl::Time deadline);
  absl::Status Store(const feed::v1::ListEventsResponse& page, absl::Time deadline, Place* place);
  // The source does not know the place any more. `head` is where its positions end.
  absl::Status BeginAnew(const Place& lost, int64_t head, absl::Time deadline);
  // `asked`: when the pull began.
  void Note(const absl::Status& status, absl::Time asked) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  const Fetch fetch_;
  const Apply apply_;
  const Empty empty_;
  db::Pool& pool_;
  const log::Logger& logger_;
  const Clock& clock_;
  prometheus::Counter& applied_;
  prometheus::Counter& restarts_;
  prometheus::Gauge& failing_;
  prometheus::Gauge& lag_;

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
  // Everything that was published before this is here.
  absl::Time complete_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace edudelta::outbox
