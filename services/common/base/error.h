#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// The makers of every error. A status carries google.rpc.ErrorInfo (stable reason, metadata), a LocalizedMessage in
// zh-CN, and for a bad field a BadRequest violation. The message in English is made from the reason, so that a reason
// is written once; reasons may be added, never changed. The error domain ("facilities.edudelta") is filled in where the
// status leaves the process (rpc/errors.h).
//
// No text may contain the value of a personal field.
namespace edudelta {

using Metadata = std::vector<std::pair<std::string, std::string>>;

// Any code. `reason` is UPPER_SNAKE_CASE, `zh` one Chinese sentence for people.
absl::Status Error(absl::StatusCode code, absl::string_view reason, absl::string_view zh,
                   const Metadata& metadata = {});

// INVALID_ARGUMENT about one field (its path in the request or resource, e.g. "school.social_credit_code").
absl::Status Invalid(absl::string_view field, absl::string_view reason, absl::string_view zh);

// NOT_FOUND, reason RESOURCE_NOT_FOUND, metadata name.
absl::Status Missing(absl::string_view name);

// FAILED_PRECONDITION: the request is well formed, the state of things forbids it.
absl::Status Refused(absl::string_view reason, absl::string_view zh, const Metadata& metadata = {});

// PERMISSION_DENIED.
absl::Status Denied(absl::string_view reason, absl::string_view zh, const Metadata& metadata = {});

// For whoever tells a reason without a status. In a build with tests the reason goes into the file that
// EDUDELTA_REASONS_FILE names, once a process, so that `tests/results reasons` finds those that nothing gives.
void NoteReason(absl::string_view reason);

// What a status carries; empty when it carries none.
std::string ReasonOf(const absl::Status& status);
std::string ChineseOf(const absl::Status& status);
std::string MetadataOf(const absl::Status& status, absl::string_view key);
// The field of the first BadRequest violation, else of the metadata "field"; empty when neither says.
std::string FieldOf(const absl::Status& status);

// The same error about `prefix.field` instead of `field`; other statuses unchanged.
absl::Status WithFieldPrefix(const absl::Status& status, absl::string_view prefix);

}  // namespace edudelta
