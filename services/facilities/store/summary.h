#pragma once

#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "common/db/session.h"
#include "common/resource/table.h"
#include "edudelta/facilities/v1/facilities_summary.pb.h"

namespace edudelta::facilities::store {

struct Tables {
  const resource::Table& rooms;
  const resource::Table& sports_grounds;
  const resource::Table& equipment_holdings;
};

// Sums of one district's registers per school, now or at a record time (empty or db::SqlTime), but for
// schools that are named by `closed`.
absl::Status SummarizeFacilities(db::Session& session, const Tables& tables, const std::string& district,
                                 const std::string& read_time, const absl::flat_hash_set<std::string>& closed,
                                 v1::SummarizeFacilitiesResponse* response);

}  // namespace edudelta::facilities::store
