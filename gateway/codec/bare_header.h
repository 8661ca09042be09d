#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/base/text.h"

namespace edudelta::gateway::codec {

// A header as people decorate it: "*编号", "经度（°）", "编号(必填)".
struct BareHeader {
  explicit BareHeader(absl::string_view header) {
    absl::string_view rest = StripBlanks(header);
    for (const char* star : {"*", "＊"}) {
      absl::ConsumePrefix(&rest, star);
      absl::ConsumeSuffix(&rest, star);
      rest = StripBlanks(rest);
    }
    word = std::string(rest);
    if (!absl::ConsumeSuffix(&rest, "）") && !absl::ConsumeSuffix(&rest, ")")) return;
    for (const absl::string_view bracket : {"（", "("}) {
      const size_t open = rest.rfind(bracket);
      if (open == absl::string_view::npos) continue;
      note = std::string(StripBlanks(rest.substr(open + bracket.size())));
      word = std::string(StripBlanks(rest.substr(0, open)));
      return;
    }
  }

  std::string word;
  // What stands in the brackets.
  std::string note;
};

}  // namespace edudelta::gateway::codec
