#pragma once

#include <string>

#include "absl/strings/string_view.h"

// Raw digests, 32 bytes each. Pure and thread-safe; they cannot fail short of a broken OpenSSL, which ends the process.
namespace edudelta::crypto {

std::string Sm3(absl::string_view bytes);
std::string Sha256(absl::string_view bytes);
std::string HmacSm3(absl::string_view key, absl::string_view bytes);
std::string HmacSha256(absl::string_view key, absl::string_view bytes);

// In time that depends on the lengths alone.
bool EqualInConstantTime(absl::string_view a, absl::string_view b);

}  // namespace edudelta::crypto
