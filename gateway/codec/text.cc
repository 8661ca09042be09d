#include "gateway/codec/text.h"

#include <simdjson.h>

#include <cstring>

namespace edudelta::gateway::codec {

bool IsUtf8(absl::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

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
