#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace edudelta::exchange::api {

// Failed sign-ins per account and address: after `free` of them each further one costs a pause, twice as long every
// time, of five minutes at most. So a stranger slows down nobody but the own address, and nobody can be shut out for
// good. One under way counts as failed until Succeeded. Names that do not exist are counted like others, which tells
// nothing of which do. An address that failed with very many within an hour has one count for all further ones: if
// names drove out names, made-up ones would buy new guesses. At a bound of memory the address that was quiet longest is
// forgotten. Thread-safe.
class Attempts {
 public:
  explicit Attempts(int free) : free_(free) {}

  // Nothing when the attempt may be heard; else how long to wait.
  std::optional<absl::Duration> Begin(absl::string_view account, absl::string_view address, absl::Time now);
  void Succeeded(absl::string_view account, absl::string_view address);

 private:
  struct Count {
    int failures = 0;
    // Until then none is heard.
    absl::Time until = absl::InfinitePast();
  };
  struct Address {
    absl::flat_hash_map<std::string, Count> accounts;
    // Of those that found no place among them, whether they failed or not: one's own account clears no others.
    Count others;

    absl::Time Latest() const;
  };

  Count& CountOf(absl::string_view account, absl::string_view address, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MakeRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const int free_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Address> addresses_ ABSL_GUARDED_BY(mutex_);
  std::size_t counted_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace edudelta::exchange::api
