#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "edudelta/options/v1/options.pb.h"

namespace edudelta::codes {

// What a caller without the right to the clear value sees. Counted in characters; a value too short to hide enough
// becomes stars altogether, as every value does under MASK_UNSPECIFIED. An empty value stays empty.
//   PERSON_NAME      first character and one star, whatever the length: 张*
//   IDENTITY_NUMBER  first six and last one
//   PHONE            first three, four stars, last four
//   TAIL4            four stars and the last four
std::string Mask(options::v1::Field::Mask mask, absl::string_view value);

// Whether the value was masked, by us or by another system: it has a star (also full-width), a cross, a block or bullet
// used as one, or three X in a row. Such a value must not be imported.
bool LooksMasked(absl::string_view value);

}  // namespace edudelta::codes
