#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

// Numbers of identity documents by their kind, a code of ID_KIND. Pure.
namespace edudelta::codes {

// ID_KIND of the resident identity card, which is meant where nothing else is said.
inline constexpr absl::string_view kResidentIdKind = "1";

// Without blanks and brackets, in capitals and half width: what is stored, found and compared.
std::string NormalIdentityNumber(absl::string_view number);

// Whether a normal number has the form of its kind; `field` is its path. An empty one passes. Residence permits of
// people from Hong Kong, Macao and Taiwan (公安部 2018: 810000, 820000, 830000, then as GB 11643) belong to the kinds
// 6, 7 and 8, beside the permits to travel; the card of foreign permanent residents (9) has the old form of 15
// characters or the one of 2023, of 18 digits that begin with a 9. INVALID_ARGUMENT with one of
//   those of RESIDENT_ID in format.h, for all numbers of 18 digits of these kinds
//   IDENTITY_NUMBER_FORMAT
// No text contains the number.
absl::Status CheckIdentityDocument(absl::string_view kind, absl::string_view field, absl::string_view number,
                                   absl::CivilDay today);

// The kind to which a normal number of 18 digits with a right check character belongs, of whichever kind it is said to
// be; absent for other numbers.
std::optional<std::string> KindOfIdentityNumber(absl::string_view number);
// IDENTITY_KIND_MISMATCH (identity_kind): such a number is given as one of another kind. A person would stand twice.
absl::Status CheckIdentityKind(absl::string_view kind, absl::string_view number);

// What a number tells of its holder.
struct IdentityFacts {
  absl::CivilDay birth;
  bool man = false;
};
// Absent where the kind and form tell nothing.
std::optional<IdentityFacts> FactsOfIdentity(absl::string_view kind, absl::string_view number);

}  // namespace edudelta::codes
