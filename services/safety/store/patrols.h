#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/db/session.h"
#include "common/resource/store.h"
#include "edudelta/safety/v1/patrol_plan.pb.h"
#include "safety/domain/patrol.h"

namespace edudelta::safety::store {

// Every point of a district with its patrols in one month (Asia/Shanghai), in order of name. `read_time` (db::SqlTime;
// empty for now) is record time: points, patrols and plans as they were written then. Points of schools
// that are named by `closed` count as retired.
absl::StatusOr<std::vector<domain::PointTally>> TallyPoints(db::Session& session, const resource::Table& points,
                                                            const resource::Table& patrols, const std::string& district,
                                                            absl::CivilMonth month, const std::string& read_time,
                                                            const absl::flat_hash_set<std::string>& closed);

absl::StatusOr<std::vector<v1::PatrolPlan>> ReadPlans(db::Session& session, const resource::Store& plans,
                                                      const std::string& district, const std::string& read_time);

}  // namespace edudelta::safety::store
