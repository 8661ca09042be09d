#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Decimal strings ("4.5", "-0.25") as exact integers of 10^-scale: money, areas and standards are never doubles. Pure.
namespace edudelta {

// The number times 10^scale. `scale` is 0 to 18. Zeros past the scale are dropped ("1.500" at scale 2 is 150), other
// digits there are refused rather than rounded. No sign but "-", no exponent, no spaces, no bare point.
// INVALID_ARGUMENT: DECIMAL_FORMAT, DECIMAL_TOO_PRECISE, DECIMAL_OUT_OF_RANGE (does not fit int64).
absl::StatusOr<int64_t> ParseDecimal(absl::string_view text, int scale);

// Always `scale` places: (150, 2) is "1.50".
std::string FormatDecimal(int64_t value, int scale);

// Without trailing zeros: (150, 2) is "1.5", (200, 2) is "2".
std::string FormatDecimalShort(int64_t value, int scale);

}  // namespace edudelta
