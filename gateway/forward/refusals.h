#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "edudelta/exchange/v1/access_entry.pb.h"
#include "gateway/http/rate_limiter.h"

namespace edudelta::gateway::forward {

// Refusals on their way to the evidence log, so that whoever is refused again and again cannot fill it. The first of a
// kind is entered at once; equal ones that follow within a minute are counted, and one more entry stands for all of
// them. Each principal has some kinds (kKinds, and one more every 15 s); what comes beyond is counted as one kind for
// each district, with the reason REFUSALS_FOLDED and without target, so that its auditor hears of it all the same.
// Bounded in memory. Thread-safe.
class Refusals {
 public:
  using Entry = exchange::v1::RecordRequest;

  static constexpr int kKinds = 64;
  static constexpr absl::Duration kWindow = absl::Minutes(1);

  enum class Place {
    // To be entered; then Entered says how that went.
    kFirst,
    kCounted,
    // There is no room to count it.
    kNone,
  };
  struct Counted {
    Place place = Place::kNone;
    // Of the first of its kind, 0 while it is on its way.
    std::int64_t sequence = 0;
  };
  // A first one of too many kinds becomes what it is counted as, under `district`: one of the few that are registered,
  // since a client could make up others without end.
  Counted Count(Entry* entry, const std::string& district, absl::Time now);

  void Entered(const Entry& first, std::int64_t sequence);
  // Counts what could not be entered, to be tried again a minute later. How many refusals found no room.
  std::int64_t NotEntered(const Entry& entry, absl::Time now);

  // What was counted in windows that have ended: to be entered; what cannot be goes to NotEntered.
  std::vector<Entry> TakeEnded(absl::Time now);

 private:
  struct Window {
    Entry entry;
    std::int64_t sequence = 0;
    std::int64_t counted = 0;
    absl::Time end;

    void Add(const Entry& equal, std::int64_t refusals);
  };

  absl::Mutex mutex_;
  // By what makes refusals equal.
  absl::flat_hash_map<std::string, Window> windows_ ABSL_GUARDED_BY(mutex_);
  // Of kinds.
  http::RateLimiter kinds_{1.0 / 15, kKinds};
};

}  // namespace edudelta::gateway::forward
