#include "safety/store/terms.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status.h"
#include "common/describe/district.h"

namespace edudelta::safety::store {

absl::StatusOr<std::vector<v1::HazardTerm>> ReadTerms(db::Session& session, const resource::Store& terms,
                                                      const std::string& district) {
  resource::Store::Read read;
  std::vector<db::Value> codes;
  for (const std::string& name : describe::Jurisdictions(district)) {
    codes.emplace_back(std::string(describe::DistrictOf(name)));
  }
  read.where.And(
      absl::StrCat("`district_id` IN (", absl::StrJoin(std::vector<std::string>(codes.size(), "?"), ", "), ")"), codes);
  ASSIGN_OR_RETURN(std::vector<resource::Row> rows, terms.Page(session, read, {}, 1000));
  std::vector<v1::HazardTerm> result;
  for (const resource::Row& row : rows) result.push_back(static_cast<const v1::HazardTerm&>(*row.message));
  return result;
}

}  // namespace edudelta::safety::store
