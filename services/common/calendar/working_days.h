#pragma once

#include <map>
#include <set>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace edudelta::calendar {

// Working days by the State Council's yearly notice on public holidays and make-up working days, of which holidays.csv
// holds some. In other years Monday to Friday are working days but for the holidays whose days the law names (1
// January, 1 and 2 May, 1 to 3 October): those that the moon moves are not known, so that a count that reaches there is
// provisional. main builds it once and hands it down; immutable, thread-safe.
class WorkingDays {
 public:
  // The copy inside the binary. A defect of that copy ends the process.
  static WorkingDays Embedded();
  // Lines `day,kind,name` after that header, kind `off` or `work`, in ascending order.
  // INVALID_ARGUMENT (HOLIDAYS_MALFORMED, metadata line).
  static absl::StatusOr<WorkingDays> Parse(absl::string_view csv);

  bool IsWorkingDay(absl::CivilDay day) const;
  bool HasNoticeFor(int year) const { return years_.contains(year); }
  // Of the years of both days and of those between.
  bool HasNoticesFor(absl::CivilDay from, absl::CivilDay to) const;
  const std::set<int>& years() const { return years_; }

  // The n-th working day after `day`, which itself never counts; n = 0 gives `day`, n < 0 counts backwards. This is how
  // a period "within n working days" ends.
  absl::CivilDay Add(absl::CivilDay day, int n) const;
  // Working days after `from` up to and including `to`; negative when `to` is earlier.
  // Between(day, Add(day, n)) == n for n >= 0.
  int Between(absl::CivilDay from, absl::CivilDay to) const;

  // Where a period ends of which `due` was the end before there were notices for `year` and later ones; `from`, before
  // which it did not begin, matters from `year` on.
  absl::CivilDay Recounted(absl::CivilDay from, absl::CivilDay due, int year) const;

 private:
  // Days named by a notice, and whether they are worked.
  std::map<absl::CivilDay, bool> named_;
  std::set<int> years_;
};

}  // namespace edudelta::calendar
