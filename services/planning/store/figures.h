#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/status.h"
#include "common/db/session.h"
#include "common/resource/store.h"
#include "edudelta/planning/v1/indicator_set.pb.h"
#include "planning/domain/balance.h"

namespace edudelta::planning::store {

// Schools of a district with their pupils by stage in one school year, at a record time (db::SqlTime). `closed` is what
// a school was on the year's first day. A stage is absent, not zero, until a school has reported all its grades from 1
// on: five at least of 小学, three of the others.
absl::StatusOr<std::vector<domain::SchoolFigures>> ReadSchools(db::Session& session, const resource::Store& schools,
                                                               const resource::Table& enrollments,
                                                               const std::string& district, int school_year,
                                                               const std::string& read_time);

// The last school year of which a school reported pupils; absent when there is none.
absl::StatusOr<std::optional<int>> LastSchoolYear(db::Session& session, const resource::Table& enrollments,
                                                  const std::string& school);

// The indicator sets of a district and the jurisdictions above it.
absl::StatusOr<std::vector<v1::IndicatorSet>> ReadIndicatorSets(db::Session& session, const resource::Store& sets,
                                                                const std::string& district,
                                                                const std::string& read_time);

// Everything that a parent's ids name, in order.
template <typename T>
absl::StatusOr<std::vector<T>> ReadAll(db::Session& session, const resource::Store& store,
                                       const resource::Where& where) {
  resource::Store::Read read;
  read.where = where;
  ASSIGN_OR_RETURN(std::vector<resource::Row> rows, store.Page(session, read, {}, 100000));
  std::vector<T> all;
  for (const resource::Row& row : rows) all.push_back(static_cast<const T&>(*row.message));
  return all;
}

}  // namespace edudelta::planning::store
