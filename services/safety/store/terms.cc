#include "safety/store/terms.h"

#include "common/base/status.h"

namespace edudelta::safety::store {

absl::StatusOr<std::vector<v1::HazardTerm>> ReadTerms(db::Session& session, const resource::Store& terms,
                                                      const std::string& district) {
  resource::Store::Read read;
  read.where.And("`district_id` IN (?, ?, ?, ?)",
                 {district, district.substr(0, 4) + "00", district.substr(0, 2) + "0000", std::string("000000")});
  ASSIGN_OR_RETURN(std::vector<resource::Row> rows, terms.Page(session, read, {}, 1000));
  std::vector<v1::HazardTerm> result;
  for (const resource::Row& row : rows) result.push_back(static_cast<const v1::HazardTerm&>(*row.message));
  return result;
}

}  // namespace edudelta::safety::store
