#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace edudelta::exchange::domain {

// What a password of an account must be; `account` is its full name. Pure. INVALID_ARGUMENT about `password`:
// PASSWORD_TOO_SHORT (12 characters), PASSWORD_TOO_LONG (256 bytes), PASSWORD_CHARACTER (what no text may
// have, or a blank at an end, which people do not see), PASSWORD_GUESSABLE: it is what is tried first. Of the words
// that everybody takes, the account's own names, runs of neighbours ("1234", "qwer", "aaaa") and whatever is repeated,
// little is left.
absl::Status CheckPassword(absl::string_view password, absl::string_view account);

}  // namespace edudelta::exchange::domain
