#include "common/testing/ask.h"

#include <vector>

#include "absl/strings/str_join.h"
#include "common/base/status.h"
#include "common/testing/database.h"

namespace edudelta::testing {

absl::StatusOr<std::string> Ask(db::Pool& pool, const std::string& sql) {
  std::vector<std::string> values;
  RETURN_IF_ERROR(pool.Read(Soon(), [&](db::Session& session) -> absl::Status {
    values.clear();
    ASSIGN_OR_RETURN(db::Rows rows, session.Query(sql));
    while (rows.Next()) values.push_back(rows.Text(0));
    return absl::OkStatus();
  }));
  return absl::StrJoin(values, " ");
}

}  // namespace edudelta::testing
