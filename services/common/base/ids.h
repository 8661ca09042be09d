#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace edudelta {

// A random UUID4 in lower case, from the operating system's generator. Thread-safe.
std::string NewUuid();
// In either case, as UUIDs are compared (RFC 9562, 4).
bool IsUuid(absl::string_view text);
bool IsUuid4(absl::string_view text);

// `bytes` random bytes in lower-case hex.
std::string RandomHex(int bytes);

}  // namespace edudelta
