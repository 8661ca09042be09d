#include "planning/domain/coefficient.h"

#include <cmath>

namespace edudelta::planning::domain {

std::optional<Variation> VariationOf(const std::vector<SchoolAmount>& schools, v1::Weighting weighting) {
  if (schools.empty()) return std::nullopt;
  const bool by_pupils = weighting != v1::WEIGHTING_NONE;
  auto weight = [by_pupils](const SchoolAmount& school) {
    return by_pupils ? static_cast<double>(school.pupils) : 1.0;
  };
  double amounts = 0;
  double pupils = 0;
  double weights = 0;
  double weighted_values = 0;
  for (const SchoolAmount& school : schools) {
    const double value = school.amount / static_cast<double>(school.pupils);
    amounts += school.amount;
    pupils += static_cast<double>(school.pupils);
    weights += weight(school);
    weighted_values += weight(school) * value;
  }
  Variation result;
  result.mean = amounts / pupils;
  const double centre = by_pupils ? result.mean : weighted_values / weights;
  if (centre == 0) return result;
  if (schools.size() == 1) {
    result.coefficient = 0;
    return result;
  }
  double squares = 0;
  for (const SchoolAmount& school : schools) {
    const double distance = school.amount / static_cast<double>(school.pupils) - centre;
    squares += weight(school) / weights * distance * distance;
  }
  result.coefficient = std::sqrt(squares) / centre;
  return result;
}

}  // namespace edudelta::planning::domain
