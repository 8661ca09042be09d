#pragma once

#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "common/codes/code_sets.h"
#include "common/db/session.h"
#include "common/resource/table.h"
#include "edudelta/teachers/v1/staff_summary.pb.h"

namespace edudelta::teachers::store {

// Counts of one district's teachers per school and stage, now or at a record time (empty or db::SqlTime), but for those
// of schools that are named by `closed`.
absl::Status SummarizeStaff(db::Session& session, const resource::Table& teachers, const codes::CodeSets& codes,
                            const std::string& district, const std::string& read_time,
                            const absl::flat_hash_set<std::string>& closed, v1::SummarizeStaffResponse* response);

}  // namespace edudelta::teachers::store
