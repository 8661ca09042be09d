#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

// What a district code of GB/T 2260 covers, and so what a role held at a name is worth: the one place that says it, for
// permissions, policy, the feed, references and accounts alike. Six digits; trailing zero pairs say a city ("320500"),
// a province ("320000") or the nation ("000000"), which cover what they stand above. Pure.
namespace edudelta::describe {

bool IsDistrictCode(absl::string_view text);

// "320500" -> "3205", "310114" -> "310114", "000000" -> "": what all that it covers begin with.
absl::string_view SignificantDigits(absl::string_view code);

// `holder` is `code` or above it. False for anything but codes.
bool CoversDistrict(absl::string_view holder, absl::string_view code);

// The first and the last code that `code` covers: {"310100", "310199"} of "310100"; itself twice of a district's.
// Precondition: IsDistrictCode(code).
std::pair<std::string, std::string> CoveredCodes(absl::string_view code);

// "310114" of "districts/310114/schools/1"; "-" of the wildcard; empty for other names.
absl::string_view DistrictOf(absl::string_view name);
// "districts/<code>" itself and nothing below it.
bool IsDistrictName(absl::string_view name);

// Whether a binding at `prefix` (edudelta.call.v1.Binding) holds for a name: "*" for all; a district's name for all
// that its code covers; any other by whole segments. A wildcard in the name is covered by "*" alone.
bool Covers(absl::string_view prefix, absl::string_view name);
// Held strictly above the name's district: at its city, its province or the nation.
bool CoversFromAbove(absl::string_view prefix, absl::string_view name);

// "310114" -> district, city, province and nation as names, nearest first: {"districts/310114", "districts/310100",
// "districts/310000", "districts/000000"}. Anything but a code gives the nation alone.
std::vector<std::string> Jurisdictions(absl::string_view district);

}  // namespace edudelta::describe
