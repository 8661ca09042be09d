#pragma once

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "edudelta/exchange/v1/agreement.pb.h"

// What an agreement says. Pure. Default deny: what is unknown is refused, never ignored.
namespace edudelta::exchange::domain {

// What both parties sign.
v1::AgreementContent ContentOf(const v1::Agreement& agreement);
// SM3 of the content's canonical bytes, lower-case hex.
std::string HashOf(const v1::AgreementContent& content);

// Whether a draft is right in itself. INVALID_ARGUMENT: PARTIES_EQUAL, DISTRICT_CODE_FORMAT, DISTRICT_TWICE,
// DATASET_TWICE, DATASET_FIELDS_REQUIRED, FIELD_TWICE, PURPOSE_TWICE, TERM_REVERSED, TERM_TOO_LONG (three years),
// SMALLEST_CELL_REQUIRED (with DELIVERY_AGGREGATE), SMALLEST_CELL_NOT_AGGREGATE.
absl::Status CheckShape(const v1::Agreement& next);

struct Vocabulary {
  // Whether a purpose is a code of SHARING_PURPOSE.
  absl::FunctionRef<bool(absl::string_view)> purpose;
  // Whether a row filter may be used on a dataset that is known.
  absl::FunctionRef<absl::Status(const v1::DatasetGrant&)> row_filter;
};

// Whether the content can be enforced. INVALID_ARGUMENT: PURPOSE_UNKNOWN, DATASET_UNKNOWN, DATASET_NOT_SHARED,
// FIELD_UNKNOWN, CASE_NUMBER_REQUIRED and LEGAL_GROUND_REQUIRED (with L3 or L4 fields), the row filter's own.
absl::Status CheckContent(const v1::AgreementContent& content, const Vocabulary& vocabulary);

}  // namespace edudelta::exchange::domain
