#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/crypto/field_cipher.h"

namespace edudelta::resource {

// An opaque keyset token: the ids of the last row of a page, with a MAC over them and over `query`, a text that names
// principal, scope and every argument but token and size. A token grants nothing and fits no other query.
std::string MakePageToken(const std::vector<std::string>& last_ids, absl::string_view query,
                          const crypto::FieldCipher& cipher);
// INVALID_ARGUMENT, reason PAGE_TOKEN_INVALID.
absl::StatusOr<std::vector<std::string>> ReadPageToken(absl::string_view token, absl::string_view query,
                                                       const crypto::FieldCipher& cipher);

}  // namespace edudelta::resource
