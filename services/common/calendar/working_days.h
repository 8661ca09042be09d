#pragma once

#include <map>
#include <set>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace edudelta::calendar {

// Working days by the State Council's yearly notice on public holidays and make-up working days. holidays.csv holds the
// notices of 2024 to 2026; in other years every Monday to Friday is a working day (see HasNoticeFor), so that a due day
// in a year without notice is provisional. main builds it once and hands it down; immutable, thread-safe.
class WorkingDays {
 public:
  // The copy inside the binary. A defect of that copy ends the process.
  static WorkingDays Embedded();
  // Lines `day,kind,name` after that header, kind `off` or `work`, in ascending order.
  // INVALID_ARGUMENT (HOLIDAYS_MALFORMED, metadata line).
  static absl::StatusOr<WorkingDays> Parse(absl::string_view csv);

  bool IsWorkingDay(absl::CivilDay day) const;
  bool HasNoticeFor(int year) const { return years_.contains(year); }

  // The n-th working day after `day`, which itself never counts; n = 0 gives `day`, n < 0 counts backwards. This is how
  // a period "within n working days" ends.
  absl::CivilDay Add(absl::CivilDay day, int n) const;
  // Working days after `from` up to and including `to`; negative when `to` is earlier.
  // Between(day, Add(day, n)) == n for n >= 0.
  int Between(absl::CivilDay from, absl::CivilDay to) const;

 private:
  // Days named by a notice, and whether they are worked.
  std::map<absl::CivilDay, bool> named_;
  std::set<int> years_;
};

}  // namespace edudelta::calendar
