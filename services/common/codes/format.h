#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "edudelta/options/v1/options.pb.h"

namespace edudelta::codes {

// Whether `value` has the form that `format` asks for; `field` is its path, for the error. `today` (Asia/Shanghai)
// bounds the dates inside identifiers. An empty value passes: whether it may be empty is said by REQUIRED.
//
// INVALID_ARGUMENT with one of
//   RESIDENT_ID_FORMAT, RESIDENT_ID_DATE, RESIDENT_ID_CHECK_DIGIT (GB 11643)
//   SOCIAL_CREDIT_CODE_FORMAT, SOCIAL_CREDIT_CODE_CHECK_DIGIT (GB 32100), ORGANIZATION_CODE_CHECK_DIGIT (GB 11714,
//   the nine characters inside)
//   SCHOOL_CODE_FORMAT, SCHOOL_CODE_CATEGORY, SCHOOL_CODE_PROVINCE
//   TEACHER_CERTIFICATE_FORMAT, _YEAR, _PROVINCE, _KIND, _GENDER
//   TOWN_CODE_FORMAT, TOWN_CODE_PROVINCE, DISTRICT_CODE_FORMAT, DISTRICT_CODE_PROVINCE
//   PHONE_NUMBER_FORMAT
//   ID_MANGLED_BY_SPREADSHEET: scientific notation, ".0" at the end, full-width digits, a lost leading zero, a quote in
//   front, or the last digits of a long number turned to zeros (a spreadsheet keeps 15).
// No text contains the value.
absl::Status CheckFormat(options::v1::Field::Format format, absl::string_view field, absl::string_view value,
                         absl::CivilDay today);

// The one way in which such a value is stored, of the ways in which people type it: without blanks, in half width and
// with capitals. Of no format the value itself.
std::string CanonicalForm(options::v1::Field::Format format, absl::string_view value);

// CheckFormat for a 组织机构代码 of nine characters, which stands in older registers: ORGANIZATION_CODE_FORMAT,
// ORGANIZATION_CODE_CHECK_DIGIT, ID_MANGLED_BY_SPREADSHEET.
absl::Status CheckOrganizationCode(absl::string_view field, absl::string_view value);

}  // namespace edudelta::codes
