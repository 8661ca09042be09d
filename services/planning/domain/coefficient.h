#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "edudelta/planning/v1/indicator_set.pb.h"

namespace edudelta::planning::domain {

// One school of a stage: its raw amount and its pupils, who are never zero.
struct SchoolAmount {
  double amount = 0;
  int64_t pupils = 0;
};

struct Variation {
  // Pooled: all amounts over all pupils.
  double mean = 0;
  // Absent when the mean is zero.
  std::optional<double> coefficient;
};

// 差异系数 (教督〔2017〕6号): with X_i = x_i / P_i, the pooled mean X = sum x_i / sum P_i and
// S = sqrt(sum P_i / P (X_i - X)^2), the coefficient is S / X. WEIGHTING_NONE takes the plain mean of the X_i and the
// population deviation instead. One school gives 0. Nothing for no schools.
std::optional<Variation> VariationOf(const std::vector<SchoolAmount>& schools, v1::Weighting weighting);

}  // namespace edudelta::planning::domain
