#pragma once

#include <vector>

#include "common/service/region_gauges.h"

namespace edudelta::planning::api {

// Schools, those that have reported for the school year, and targets as EvaluateTargets judges them today.
std::vector<service::RegionGauge> Gauges();

}  // namespace edudelta::planning::api
