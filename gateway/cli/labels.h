#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace edudelta::gateway::cli {

// Chinese for the enum values inside reports, which the catalogue does not list; the value itself when unknown.
std::string LabelOf(absl::string_view value);
// What an indicator of the balance report falls short in: "名", "㎡", "元", "间".
std::string ShortfallUnit(absl::string_view indicator);

}  // namespace edudelta::gateway::cli
