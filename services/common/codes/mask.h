#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "edudelta/options/v1/options.pb.h"

namespace edudelta::codes {

// What a caller without the right to the clear value sees. Counted in characters; a value too short to hide enough
// becomes stars altogether, as every value does under MASK_UNSPECIFIED. An empty value stays empty.
//   PERSON_NAME      first character and one star, whatever the length: 张*
//   IDENTITY_NUMBER  first six and last one; of one with fewer than 15 characters first one and last two
//   PHONE            first three, four stars, last four
//   TAIL4            four stars and the last four
std::string Mask(options::v1::Field::Mask mask, absl::string_view value);

// Whether the value has the shape that such a mask gives, which no clear value has; of a name also with more stars than
// one. It must not be written. Other signs are not taken for a mask: people have dots and crosses in their names.
bool LooksMasked(options::v1::Field::Mask mask, absl::string_view value);

// A value under such a mask as it is stored, looked for and compared: a name WithMiddleDots, an identity number as
// NormalIdentityNumber; others as they are.
std::string Normal(options::v1::Field::Mask mask, absl::string_view value);

// A person's name with the dots between its parts as U+00B7, whichever of those that look like it was typed.
std::string WithMiddleDots(absl::string_view name);

}  // namespace edudelta::codes
