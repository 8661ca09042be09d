#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/db/pool.h"
#include "common/metrics/registry.h"
#include "google/protobuf/descriptor.h"

namespace edudelta::service {

// The present time where schools are, in SQL: Asia/Shanghai.
inline constexpr char kLocalNow[] = "(UTC_TIMESTAMP() + INTERVAL 8 HOUR)";

// A number for each district that is read off a service's register as a whole.
struct RegionGauge {
  // "edudelta_region_schools"
  std::string name;
  std::string help;
  // Its rows: the district, a value of `split_by` if there is one, and the number.
  std::string sql;
  // By what else it is split: the label, and the enum whose values it has ("open" for STATE_OPEN).
  std::string label = {};
  const google::protobuf::EnumDescriptor* split_by = nullptr;
  absl::Duration every = absl::Minutes(1);
};

// Sets these gauges, in one of the processes of a service alone, since what two of them tell would be added up. Not
// thread-safe.
class RegionGauges {
 public:
  // References outlive this; `gauges` too.
  RegionGauges(const std::vector<RegionGauge>& gauges, db::Pool& pool, metrics::Registry& registry, const Clock& clock);

  // To be called every now and then. Sets what is due if this process `leads`, takes all back if it does not. Failures
  // of the database; then the gauge keeps what it had, and is due again in a minute.
  absl::Status Turn(bool leads);

 private:
  absl::Status Set(const RegionGauge& gauge);

  const std::vector<RegionGauge>& gauges_;
  db::Pool& pool_;
  metrics::Registry& registry_;
  const Clock& clock_;
  // Of each gauge.
  std::vector<absl::Time> due_;
};

}  // namespace edudelta::service
