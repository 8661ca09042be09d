#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/db/session.h"
#include "common/resource/store.h"
#include "edudelta/safety/v1/safety.pb.h"
#include "safety/domain/patrol.h"

namespace edudelta::safety::store {

// Every point of a district with its patrols in one month (Asia/Shanghai), in order of name.
absl::StatusOr<std::vector<domain::PointTally>> TallyPoints(db::Session& session, const std::string& district,
                                                            absl::CivilMonth month);

absl::StatusOr<std::vector<v1::PatrolPlan>> ReadPlans(db::Session& session, const resource::Store& plans,
                                                      const std::string& district);

}  // namespace edudelta::safety::store
