#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/resource/table.h"

namespace edudelta::resource {

// The fields that an Update writes (AIP-134): those of `update_mask`; all input fields for "*"; without a mask, those
// that are set in `given`. OUTPUT_ONLY fields are left out silently. INVALID_ARGUMENT, reason MASK_PATH_UNKNOWN, for a
// path that is no top-level field.
absl::StatusOr<std::vector<const google::protobuf::FieldDescriptor*>> WritableFields(
    const google::protobuf::Message& request, const google::protobuf::Message& given, const Table& table);

// A text in the one form that is stored.
std::string StoredText(const Column& column, absl::string_view text);
// Values in the one form that is stored: the decimal "4.5" becomes "4.50", times are cut to microseconds, texts lose
// the blanks around them, seen or not, and a person's name has the middle dot for what is typed instead.
void Normalize(google::protobuf::Message* message, const Table& table);

}  // namespace edudelta::resource
