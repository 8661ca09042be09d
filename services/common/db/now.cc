#include "common/db/now.h"

#include "common/base/status.h"

namespace edudelta::db {

absl::StatusOr<std::string> Now(Session& session) {
  ASSIGN_OR_RETURN(Rows rows, session.Query("SELECT NOW(6)"));
  rows.Next();
  return rows.Text(0);
}

}  // namespace edudelta::db
