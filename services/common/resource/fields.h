#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

// Reading messages whose type is known at run time alone.
namespace edudelta::resource {

// A string field; empty when the message has no such field.
std::string TextOf(const google::protobuf::Message& message, absl::string_view field);
inline std::string NameOf(const google::protobuf::Message& message) { return TextOf(message, "name"); }
// Null when the message has no such field, or has it unset.
const google::protobuf::Message* MessageOf(const google::protobuf::Message& message, absl::string_view field);

// UPPER_SNAKE of a type, for reasons: "GradeEnrollment" -> "GRADE_ENROLLMENT".
std::string ReasonWord(absl::string_view type);

}  // namespace edudelta::resource
