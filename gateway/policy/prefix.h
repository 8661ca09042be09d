#pragma once

#include "absl/strings/string_view.h"

// Pure functions over names and GB/T 2260 codes.
namespace edudelta::gateway::policy {

// "310114" of "districts/310114/schools/1"; "-" of the wildcard; empty for other names.
absl::string_view DistrictOf(absl::string_view name);

// Whether district code `holder` is `code` or above it: 320500 and 320000 hold for 320583.
bool HoldsDistrict(absl::string_view holder, absl::string_view code);

// Whether a binding at `prefix` (edudelta.call.v1.Binding) holds for `name`.
bool Covers(absl::string_view prefix, absl::string_view name);

}  // namespace edudelta::gateway::policy
