#include "teachers/store/merged.h"

#include <cstdint>

#include "common/base/status.h"
#include "common/describe/district.h"

namespace edudelta::teachers::store {

absl::StatusOr<std::optional<v1::Teacher>> LockTeacher(db::Tx& tx, const resource::Store& teachers,
                                                       const std::string& name) {
  const resource::Ids ids = {std::string(describe::DistrictOf(name)), name.substr(name.rfind('/') + 1)};
  ASSIGN_OR_RETURN(const std::vector<resource::Row> rows, teachers.Lock(tx, {ids}));
  if (rows.empty()) return std::nullopt;
  return static_cast<const v1::Teacher&>(*rows[0].message);
}

absl::StatusOr<bool> HasMerged(db::Tx& tx, const std::string& name) {
  // In share mode: as it stands now, also when the transaction began before.
  ASSIGN_OR_RETURN(db::Rows rows,
                   tx.Query("SELECT 1 FROM `teacher` WHERE `district_id` = ? AND `merged_into` = ? AND "
                            "`state` = ? LIMIT 1 LOCK IN SHARE MODE",
                            {std::string(describe::DistrictOf(name)), name, int64_t{v1::Teacher::STATE_MERGED}}));
  return rows.Next();
}

}  // namespace edudelta::teachers::store
