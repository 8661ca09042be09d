#pragma once

#include <vector>

#include "common/service/region_gauges.h"

namespace edudelta::safety::api {

// Hazards that are not closed, those of them whose term is over, and points that were patrolled too seldom.
std::vector<service::RegionGauge> Gauges();

}  // namespace edudelta::safety::api
