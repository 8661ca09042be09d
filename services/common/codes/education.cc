#include "common/codes/education.h"

#include <algorithm>
#include <array>

namespace edudelta::codes {

bool AboveRequired(CompulsoryStage stage, absl::string_view education_code) {
  constexpr std::array<absl::string_view, 5> kBachelorAndAbove = {"11", "14", "17", "21", "28"};
  constexpr absl::string_view kCollege = "31";
  if (stage == CompulsoryStage::kPrimary && education_code == kCollege) return true;
  return std::find(kBachelorAndAbove.begin(), kBachelorAndAbove.end(), education_code) != kBachelorAndAbove.end();
}

}  // namespace edudelta::codes
