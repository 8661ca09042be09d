#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "common/codes/code_sets.h"
#include "common/resource/table.h"

// What the annotations alone say about a message.
namespace edudelta::resource {

// Required fields, lengths, characters, ranges, decimals, dates, enum values, code sets, formats, and that no personal
// field holds a masked value. A text of blanks is none. INVALID_ARGUMENT on the field. Does not look at OUTPUT_ONLY
// fields.
absl::Status CheckFields(const google::protobuf::Message& message, const Table& table, const codes::CodeSets& codes,
                         absl::CivilDay today);
// The same for the fields that are set, OUTPUT_ONLY ones too: what a transition's request brings.
absl::Status CheckSetFields(const google::protobuf::Message& message, const Table& table, const codes::CodeSets& codes,
                            absl::CivilDay today);
// The length and the characters of a step's note.
absl::Status CheckNote(absl::string_view note);
// The most bytes of a value that the checks let through.
size_t LargestBytes(const Column& column);
// The ids of a name. INVALID_ARGUMENT, reason NAME_INVALID.
absl::StatusOr<Ids> IdsOf(const Table& table, absl::string_view name);
// The id against the resource's id_format.
absl::Status CheckId(absl::string_view id, const Table& table, absl::CivilDay today);

// The name of what a name stands below; "" for a top-level one.
std::string ParentOf(absl::string_view name);
// INVALID_ARGUMENT on `field`, reason NAME_NOT_BELOW_PARENT, unless `parent` is `wanted`, in which "-" stands for any
// id and "" for any parent.
absl::Status CheckBelow(absl::string_view wanted, absl::string_view parent, absl::string_view field);

// Empties OUTPUT_ONLY and derived fields, times and etag: what a caller sent there is ignored.
void ClearOutputOnly(google::protobuf::Message* message, const Table& table);

// INVALID_ARGUMENT, reason FIELD_IMMUTABLE, when an IMMUTABLE field differs.
absl::Status CheckImmutable(const google::protobuf::Message& old, const google::protobuf::Message& next,
                            const Table& table);

// Copies fields, or clears them where `from` has them unset. Both messages are of one type.
void CopyFields(const google::protobuf::Message& from,
                const std::vector<const google::protobuf::FieldDescriptor*>& fields, google::protobuf::Message* to);
void CopyField(const google::protobuf::Message& from, const google::protobuf::FieldDescriptor* field,
               google::protobuf::Message* to);
// Whether it is a text in which nothing can be seen.
bool IsBlankText(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor* field);
bool IsSet(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor* field);
bool FieldEquals(const google::protobuf::Message& a, const google::protobuf::Message& b,
                 const google::protobuf::FieldDescriptor* field);
// Every stored field is equal.
bool SameContent(const google::protobuf::Message& a, const google::protobuf::Message& b, const Table& table);
// The same of the fields that callers set.
bool SameInput(const google::protobuf::Message& a, const google::protobuf::Message& b, const Table& table);

}  // namespace edudelta::resource
