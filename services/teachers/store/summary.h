#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/codes/code_sets.h"
#include "common/db/session.h"
#include "common/resource/table.h"
#include "edudelta/teachers/v1/staff_summary.pb.h"

namespace edudelta::teachers::store {

// Counts of one district's teachers per school and stage, now or at a record time (empty or db::SqlTime).
absl::Status SummarizeStaff(db::Session& session, const resource::Table& teachers, const codes::CodeSets& codes,
                            const std::string& district, const std::string& read_time,
                            v1::SummarizeStaffResponse* response);

}  // namespace edudelta::teachers::store
