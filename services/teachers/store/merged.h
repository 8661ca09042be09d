#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/db/session.h"
#include "common/resource/store.h"
#include "edudelta/teachers/v1/teacher.pb.h"

namespace edudelta::teachers::store {

// Under lock to the end of the transaction; absent where there is none.
absl::StatusOr<std::optional<v1::Teacher>> LockTeacher(db::Tx& tx, const resource::Store& teachers,
                                                       const std::string& name);
// Whether rows are merged into this one now.
absl::StatusOr<bool> HasMerged(db::Tx& tx, const std::string& name);

}  // namespace edudelta::teachers::store
