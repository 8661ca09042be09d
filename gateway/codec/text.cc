#include "gateway/codec/text.h"

#include <simdjson.h>

#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"

namespace edudelta::gateway::codec {

bool IsUtf8(absl::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

absl::string_view StripBlanks(absl::string_view text) {
  for (bool more = true; more;) {
    text = absl::StripAsciiWhitespace(text);
    more = false;
    for (const char* blank : {"\u3000", "\u00A0"}) {
      more |= absl::ConsumePrefix(&text, blank);
      more |= absl::ConsumeSuffix(&text, blank);
    }
  }
  return text;
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
