#pragma once

#include "absl/strings/string_view.h"

namespace edudelta::codes {

enum class CompulsoryStage { kPrimary, kJunior };

// Whether a teacher with this code of set EDUCATION counts as "高于规定学历" in indicator L1 of 教督〔2017〕6号:
// completed (毕业) 专科 and above for 小学, completed 本科 and above for 初中.
bool AboveRequired(CompulsoryStage stage, absl::string_view education_code);

}  // namespace edudelta::codes
