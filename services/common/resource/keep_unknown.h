#pragma once

#include <string>

namespace edudelta::resource {

// What a JSON column is to hold next: `after`, and what `stored` has that this program does not know, as a newer one
// writes beside it. `before` is what this program makes of `stored`. An object keeps its unknown fields; an element of
// an array keeps them while what is known of it stays as it was, wherever it is put.
std::string KeepUnknown(const std::string& stored, const std::string& before, const std::string& after);

}  // namespace edudelta::resource
