#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "edudelta/planning/v1/indicator_set.pb.h"
#include "edudelta/planning/v1/types.pb.h"
#include "planning/domain/balance.h"

// What one school brings into each stage it is evaluated in: 教督〔2017〕6号, with the split of through-train schools
// and those exceptions of the practice of 2022 and later that the set has on.
namespace edudelta::planning::domain {

// An exact amount: numerator / denominator teachers, hundredths of a square metre, 分 or rooms.
struct Amount {
  absl::int128 numerator = 0;
  absl::int128 denominator = 1;
};

inline constexpr int kIndicators = 7;

struct StagePart {
  v1::Stage stage = v1::STAGE_UNSPECIFIED;
  std::optional<int64_t> pupils;
  // By indicator number minus one. Absent: some figure it needs is missing.
  std::array<std::optional<Amount>, kIndicators> amounts;
  std::vector<std::string> applied_rules;
};

struct SchoolParts {
  std::vector<StagePart> parts;
  // Chinese reasons why a stage of the school is left out.
  std::vector<std::string> exclusions;
};

// No parts for a closed school, no exclusions either unless one would look for it; neither for kinds that are not
// evaluated.
SchoolParts PartsOf(const SchoolFigures& school, const v1::IndicatorSet& set);

// The part of `total` that falls to `pupils` pupils of `weight` when all pupils of the school weigh `weighted_pupils`.
Amount ShareOf(int64_t total, int weight, int64_t pupils, int64_t weighted_pupils);

// Weights of one primary, junior and senior pupil: 1 : 1.1 : 1.32, times 100 (1 : 1.2 in a 完全中学 is the same ratio).
inline constexpr std::array<int, 3> kPupilWeights = {100, 110, 132};

}  // namespace edudelta::planning::domain
