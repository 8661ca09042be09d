#include "gateway/codec/text.h"

#include <simdjson.h>

#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/text.h"

namespace edudelta::gateway::codec {

bool IsUtf8(absl::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

std::string Visible(absl::string_view text) {
  std::string shown;
  while (!text.empty()) {
    absl::string_view rest = text;
    const char32_t character = TakeCharacter(&rest);
    const absl::string_view bytes = text.substr(0, text.size() - rest.size());
    text = rest;
    const bool hidden = character != ' ' && (IsBlank(character) || FaultOf(bytes, Lines::kOne) != TextFault::kNone);
    absl::StrAppend(&shown, hidden ? absl::StrFormat("U+%04X", static_cast<uint32_t>(character)) : bytes);
  }
  return shown;
}

bool HasUnicodeEscape(absl::string_view json) {
  const char* at = json.data();
  const char* const end = at + json.size();
  while ((at = static_cast<const char*>(std::memchr(at, '\\', end - at))) != nullptr) {
    if (++at == end) return false;
    if (*at++ == 'u') return true;
  }
  return false;
}

}  // namespace edudelta::gateway::codec
