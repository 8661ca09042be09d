#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace edudelta::crypto {

// Cost of scrypt: 2^log_n blocks of 128 * r bytes. The default takes 32 MiB and some tens of milliseconds.
struct ScryptCost {
  int log_n = 15;
  int r = 8;
  int p = 1;
};

// Of all threads no more than two make a hash or compare one at a time; others wait, for some tens of milliseconds
// each. However many ask at once, it costs 64 MiB.
inline constexpr int kHashesAtOnce = 2;

// "$scrypt$ln=15,r=8,p=1$<salt>$<hash>" with a random salt, for passwords and client secrets.
std::string HashPassword(absl::string_view password, const ScryptCost& cost = {});

// Compares in constant time, at the cost written in `encoded`. False also for a text that HashPassword did not make.
bool VerifyPassword(absl::string_view password, absl::string_view encoded);

}  // namespace edudelta::crypto
