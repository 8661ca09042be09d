#pragma once

#include <string>

#include "absl/functional/function_ref.h"

namespace edudelta::testing {

// A data directory that a build makes once and every database copies: making one takes seconds, a copy a fraction of
// one.
struct Template {
  // "empty"
  std::string kind;
  // Says what it was made of: another key makes it anew and removes the old one.
  std::string key;
  // Where templates stand, as <kind>-<key>; empty for <build>/testing.
  std::string parent = {};
};

// Afterwards `folder` is there: a copy, or what `make` has put there itself because there was none to copy. Processes
// that ask at the same time wait for the one that makes it. Output of the copying goes to `log`. Failures throw
// std::runtime_error, as `make` may, and leave no half template.
void CopyTemplate(const Template& wanted, const std::string& folder, const std::string& log,
                  absl::FunctionRef<void()> make);

// Of any text, fit for a file's name.
std::string KeyOf(const std::string& text);

// A key that tells this version of a file from others, by its path, size and time of change. A program may be named by
// its name alone, and is then looked up in the PATH.
std::string FingerprintOf(const std::string& file);

}  // namespace edudelta::testing
