#include "gateway/codec/formula.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "common/base/text.h"

namespace edudelta::gateway::codec {

bool LooksLikeFormula(absl::string_view cell) {
  while (absl::ConsumePrefix(&cell, "'")) {
  }
  if (!cell.empty() && absl::StrContains("\t\r\n", cell.substr(0, 1))) return true;
  while (!cell.empty()) {
    const char32_t c = TakeCharacter(&cell);
    switch (c) {
      case '=':
      case '+':
      case '-':
      case '@':
      case 0xff1d:
      case 0xff0b:
      case 0xff0d:
      case 0xff20:
      case 0xfe66:
      case 0xfe62:
      case 0xfe63:
      case 0xfe6b:
      case 0x2212:
        return true;
      default:
        if (c != '\'' && c >= 0x20 && !IsBlank(c)) return false;
    }
  }
  return false;
}

absl::string_view Unformula(absl::string_view cell) {
  absl::string_view text = cell;
  const bool quoted = absl::ConsumePrefix(&text, "=\"") && absl::ConsumeSuffix(&text, "\"");
  return quoted && !absl::StrContains(text, '"') ? text : cell;
}

std::string FormulaQuotes::Strip(absl::string_view piece) {
  std::string out;
  out.reserve(piece.size() + 1);
  for (const char c : piece) {
    if (std::exchange(held_, false) && c != '"') {
      out += '=';
      at_start_ = false;
    }
    if (!quoted_ && at_start_ && c == '=') {
      held_ = true;
      continue;
    }
    if (c == '"') quoted_ = !quoted_;
    at_start_ = !quoted_ && (c == ',' || c == '\r' || c == '\n');
    out += c;
  }
  return out;
}

}  // namespace edudelta::gateway::codec
