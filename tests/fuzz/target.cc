#include "tests/fuzz/target.h"

#include <cstdlib>
#include <iostream>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace edudelta::fuzz {

void Must(bool holds, absl::string_view property, absl::string_view shown) {
  if (holds) return;
  std::cerr << "does not hold: " << property << "\n" << absl::CHexEscape(shown) << std::endl;
  std::abort();
}

void MustBeRefusal(const absl::Status& status, absl::StatusCode code, absl::string_view reasons) {
  const std::string shown = status.ToString();
  Must(status.code() == code, "a refusal has its code", shown);
  const std::string reason = ReasonOf(status);
  Must(!reason.empty() && absl::StrContains(absl::StrCat(" ", reasons, " "), absl::StrCat(" ", reason, " ")),
       "a refusal names one of its reasons", shown);
  Must(!ChineseOf(status).empty(), "a refusal says why in Chinese", shown);
}

}  // namespace edudelta::fuzz
